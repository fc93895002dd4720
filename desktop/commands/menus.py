"""Everything that can be asked for from a menu, a button or the keyboard, in one table.

Texts are English here and translated where they are shown.
"""

from PySide6.QtCore import QT_TR_NOOP

from core.formats.table import formats_written
from desktop.commands import acts, file_menu, queue_menu
from desktop.commands.command import Command, shift, tick
from desktop.commands.person_menu import EDIT, PERSON
from desktop.commands.space_menu import BODY, SPACE
from desktop.theme import ThemeName

OPACITY_STEP = 0.1
TONE_STEP = 0.1
ZOOM_FACTOR = 1.25
EXPORT_KEYS = {"coco": "Ctrl+E"}


TAKE = (
    QT_TR_NOOP("Take body &1"),
    QT_TR_NOOP("Take body &2"),
    QT_TR_NOOP("Take body &3"),
    QT_TR_NOOP("Take body &4"),
    QT_TR_NOOP("Take body &5"),
)
MENUS = {
    "file": QT_TR_NOOP("&File"),
    "edit": QT_TR_NOOP("&Edit"),
    "person": QT_TR_NOOP("&Person"),
    "fit": QT_TR_NOOP("F&it"),
    "body": QT_TR_NOOP("&Body"),
    "view": QT_TR_NOOP("&View"),
    "panel": QT_TR_NOOP("Pa&nels"),
    "space": QT_TR_NOOP("&3D"),
    "help": QT_TR_NOOP("&Help"),
}


def _theme(name: ThemeName, text: str) -> Command:
    return Command(
        f"view.theme_{name}",
        text,
        "",
        lambda workbench, window: workbench.change_view(theme=name),
        checked=lambda workbench: workbench.view.theme == name,
        group="theme",
    )


EXPORTS = tuple(
    Command(
        f"file.export_{row.word}",
        row.menu,
        EXPORT_KEYS.get(row.word, ""),
        file_menu.export(row.word),
        acts.has_project,
    )
    for row in formats_written()
    if row.menu
)
FILE = (
    Command("file.open_photos", QT_TR_NOOP("Open &photos…"), "Ctrl+Shift+O", file_menu.open_file("photos")),
    Command("file.open", QT_TR_NOOP("&Open project or annotations…"), "Ctrl+O", file_menu.open_file("any")),
    Command("file.open_sample", QT_TR_NOOP("Open the samp&le"), "", file_menu.open_sample),
    Command("file.add", QT_TR_NOOP("&Add annotations…"), "", file_menu.add_annotations, acts.can_write),
    Command(
        "file.save_fits", QT_TR_NOOP("&Save fits"), "Ctrl+S", file_menu.save_fits, acts.has_project_and_body
    ),
    *EXPORTS,
    Command("file.find_photos", QT_TR_NOOP("&Find moved photos…"), "", file_menu.find_photos, acts.can_write),
    Command("file.open_body", QT_TR_NOOP("Open &body…"), "", file_menu.open_body),
    Command(
        "file.open_own_body",
        QT_TR_NOOP("&Use the open body"),
        "",
        lambda workbench, _: workbench.fits.open_body(),
    ),
    Command(
        "file.close",
        QT_TR_NOOP("&Close project"),
        "Ctrl+W",
        file_menu.close_project,
        acts.has_project,
    ),
    Command("file.quit", QT_TR_NOOP("&Quit"), "Ctrl+Q", lambda workbench, window: window.close()),
)
FIT = (
    Command("fit.fit", QT_TR_NOOP("&Fit"), "F", acts.fit, acts.can_fit),
    Command("fit.anew", QT_TR_NOOP("Fit &anew"), "Shift+F", acts.fit_anew, acts.can_fit),
    Command("fit.guess", QT_TR_NOOP("Fit from the &guess"), "G", acts.fit_from_guess, acts.can_fit),
    Command(
        "fit.alternatives",
        QT_TR_NOOP("&Look for other bodies"),
        "T",
        acts.search_alternatives,
        acts.can_fit,
    ),
    *(
        Command(
            f"fit.take_{number}",
            TAKE[number - 1],
            str(number),
            acts.take_alternative(number - 1),
            lambda workbench, number=number: (
                workbench.editable and len(workbench.fits.alternatives) >= number
            ),
        )
        for number in range(1, len(TAKE) + 1)
    ),
    Command(
        "fit.queue",
        QT_TR_NOOP("Fit everybody in the &queue"),
        "Ctrl+F",
        queue_menu.fit_queue,
        acts.can_write_bodies,
    ),
    Command(
        "fit.guess_queue",
        QT_TR_NOOP("G&uess everybody in the queue"),
        "Ctrl+G",
        queue_menu.guess_queue,
        acts.can_write_bodies,
    ),
    tick("fit.card", QT_TR_NOOP("&Compute on the graphics card"), "", "card"),
    Command(
        "fit.stop",
        QT_TR_NOOP("&Stop the work in the background"),
        "",
        lambda workbench, window: workbench.stop_jobs(),
        lambda workbench: workbench.busy,
    ),
)
VIEW = (
    Command(
        "view.sheet",
        QT_TR_NOOP("Co&ntact sheet"),
        "C",
        lambda _, window: window.show_contact_sheet(),
        acts.has_project,
    ),
    Command("view.whole", QT_TR_NOOP("&Whole photo"), "Ctrl+0", lambda _, window: window.show_whole_photo()),
    Command("view.pixels", QT_TR_NOOP("&1:1"), "Ctrl+1", lambda _, window: window.zoom_to_pixels()),
    Command(
        "view.person",
        QT_TR_NOOP("Zoom to the &person"),
        "Z",
        lambda _, window: window.zoom_to_person(),
        acts.has_person,
    ),
    Command("view.zoom_in", QT_TR_NOOP("Zoom &in"), "Ctrl++", lambda _, window: window.zoom(ZOOM_FACTOR)),
    Command(
        "view.zoom_out", QT_TR_NOOP("Zoom &out"), "Ctrl+-", lambda _, window: window.zoom(1 / ZOOM_FACTOR)
    ),
    tick("view.overlay", QT_TR_NOOP("&Body over the photo"), "B", "overlay"),
    tick("view.crop", QT_TR_NOOP("Keep to the pe&rson's box"), "Shift+Z", "crop"),
    tick("view.silhouette", QT_TR_NOOP("Outline of t&he body"), "M", "silhouette"),
    Command(
        "view.more", QT_TR_NOOP("&More of the body"), "+", shift("overlay_opacity", OPACITY_STEP, 0.1, 1.0)
    ),
    Command(
        "view.less", QT_TR_NOOP("Less of the bod&y"), "-", shift("overlay_opacity", -OPACITY_STEP, 0.1, 1.0)
    ),
    tick("view.skeleton", QT_TR_NOOP("&Keypoints"), "K", "skeleton"),
    tick("view.residuals", QT_TR_NOOP("Distanc&es"), "E", "residuals"),
    tick("view.boxes", QT_TR_NOOP("Bo&xes"), "Ctrl+B", "boxes"),
    Command("view.brighter", QT_TR_NOOP("Bri&ghter"), "Ctrl+Up", shift("brightness", TONE_STEP, -1, 1)),
    Command("view.darker", QT_TR_NOOP("D&arker"), "Ctrl+Down", shift("brightness", -TONE_STEP, -1, 1)),
    Command("view.harder", QT_TR_NOOP("More &contrast"), "Ctrl+Right", shift("contrast", TONE_STEP, -1, 1)),
    Command("view.softer", QT_TR_NOOP("&Less contrast"), "Ctrl+Left", shift("contrast", -TONE_STEP, -1, 1)),
    Command(
        "view.tones",
        QT_TR_NOOP("Photo as it i&s"),
        "",
        lambda workbench, _: workbench.change_view(brightness=0.0, contrast=0.0),
    ),
    _theme("system", QT_TR_NOOP("Colours of the sys&tem")),
    _theme("light", QT_TR_NOOP("Light colo&urs")),
    _theme("dark", QT_TR_NOOP("&Dark colours")),
)
PANELS = (
    Command("panel.next", QT_TR_NOOP("&Jump to next panel"), "F6", lambda _, window: window.step_panel(1)),
    Command(
        "panel.last",
        QT_TR_NOOP("Jump to pre&vious panel"),
        "Shift+F6",
        lambda _, window: window.step_panel(-1),
    ),
    Command("panel.wider", QT_TR_NOOP("Panel &wider"), "F7", lambda _, window: window.stretch_panel(1, 0)),
    Command(
        "panel.narrower",
        QT_TR_NOOP("Panel &narrower"),
        "Shift+F7",
        lambda _, window: window.stretch_panel(-1, 0),
    ),
    Command("panel.taller", QT_TR_NOOP("Panel &taller"), "F8", lambda _, window: window.stretch_panel(0, 1)),
    Command(
        "panel.shorter",
        QT_TR_NOOP("Panel &shorter"),
        "Shift+F8",
        lambda _, window: window.stretch_panel(0, -1),
    ),
    Command("panel.reset", QT_TR_NOOP("Panels as at &first"), "", lambda _, window: window.reset_layout()),
)
HELP = (
    Command("help.shortcuts", QT_TR_NOOP("&Shortcuts"), "?", lambda _, window: window.show_shortcuts()),
    Command(
        "help.change_shortcuts",
        QT_TR_NOOP("&Change shortcuts…"),
        "",
        lambda _, window: window.change_shortcuts(),
    ),
)

COMMANDS = (*FILE, *EDIT, *PERSON, *FIT, *BODY, *VIEW, *PANELS, *SPACE, *HELP)
