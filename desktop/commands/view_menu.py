"""The view menu: drawing of the photo and the body."""

from desktop.commands.command import PERSON, PROJECT, Command, Run, shift, tick
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.state.view import BODY_STYLES
from desktop.text.translate import QT_TR_NOOP
from desktop.theme import ThemeName

OPACITY_STEP = 0.1
TONE_STEP = 0.1
ZOOM_FACTOR = 1.25


def _theme(name: ThemeName, text: str) -> Command:
    return Command(
        f"view.theme_{name}",
        text,
        "",
        lambda workbench, *_: workbench.change_view(theme=name),
        flag="theme",
        value=name,
        group="theme",
    )


def next_style(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Draw bodies over the photo in the next of the styles."""
    view = workbench.view
    after = BODY_STYLES[(BODY_STYLES.index(view.body_style) + 1) % len(BODY_STYLES)]
    workbench.change_view(body_style=after if view.overlay else view.body_style, overlay=True)


def _zoom(factor: float) -> Run:
    return lambda workbench, window, shown: window.zoom(factor)


VIEW_MENU = (
    Command(
        "view.sheet",
        QT_TR_NOOP("Co&ntact sheet"),
        "C",
        lambda workbench, window, shown: window.show_contact_sheet(),
        PROJECT,
    ),
    Command(
        "view.whole",
        QT_TR_NOOP("&Whole photo"),
        "Ctrl+0",
        lambda workbench, window, shown: window.show_whole_photo(),
    ),
    Command(
        "view.pixels", QT_TR_NOOP("&1:1"), "Ctrl+1", lambda workbench, window, shown: window.zoom_to_pixels()
    ),
    Command(
        "view.person",
        QT_TR_NOOP("Zoom to the &person"),
        "Z",
        lambda workbench, window, shown: window.zoom_to_person(),
        PERSON,
    ),
    Command("view.zoom_in", QT_TR_NOOP("Zoom &in"), "Ctrl++", _zoom(ZOOM_FACTOR)),
    Command("view.zoom_out", QT_TR_NOOP("Zoom &out"), "Ctrl+-", _zoom(1 / ZOOM_FACTOR)),
    tick("view.overlay", QT_TR_NOOP("&Body over the photo"), "B", "overlay"),
    tick("view.other_bodies", QT_TR_NOOP("The other people's bodies, &fainter"), "Shift+M", "other_bodies"),
    tick("view.crop", QT_TR_NOOP("Keep to the pe&rson's box"), "Shift+Z", "crop"),
    Command("view.style", QT_TR_NOOP("Fill, rim, x-ray of t&he body"), "M", next_style),
    Command(
        "view.more", QT_TR_NOOP("&More opaque body"), "+", shift("overlay_opacity", OPACITY_STEP, 0.1, 1.0)
    ),
    Command(
        "view.less", QT_TR_NOOP("Less opaque bod&y"), "-", shift("overlay_opacity", -OPACITY_STEP, 0.1, 1.0)
    ),
    tick("view.skeleton", QT_TR_NOOP("&Keypoints"), "K", "skeleton"),
    tick("view.residuals", QT_TR_NOOP("R&esiduals"), "E", "residuals"),
    tick("view.boxes", QT_TR_NOOP("Bo&xes"), "Ctrl+B", "boxes"),
    Command("view.brighter", QT_TR_NOOP("Bri&ghter"), "Ctrl+Up", shift("brightness", TONE_STEP, -1, 1)),
    Command("view.darker", QT_TR_NOOP("D&arker"), "Ctrl+Down", shift("brightness", -TONE_STEP, -1, 1)),
    Command("view.harder", QT_TR_NOOP("More &contrast"), "Ctrl+Right", shift("contrast", TONE_STEP, -1, 1)),
    Command("view.softer", QT_TR_NOOP("&Less contrast"), "Ctrl+Left", shift("contrast", -TONE_STEP, -1, 1)),
    Command(
        "view.tones",
        QT_TR_NOOP("Re&set brightness and contrast"),
        "",
        lambda workbench, *_: workbench.change_view(brightness=0.0, contrast=0.0),
    ),
    tick("view.toolbar_text", QT_TR_NOOP("Words below the tools' icons (&z)"), "", "toolbar_text"),
    _theme("system", QT_TR_NOOP("Colours of the sys&tem")),
    _theme("light", QT_TR_NOOP("Light colo&urs")),
    _theme("dark", QT_TR_NOOP("&Dark colours")),
)
