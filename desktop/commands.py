"""Everything that can be asked for from a menu, a button or the keyboard, in one table.

Texts are English here and translated where they are shown, in the context "commands".
"""

from desktop import acts, editing, file_acts, neighbour_acts, queue_acts
from desktop.command import Command, shift, tick
from desktop.space_commands import BODY, SPACE
from desktop.theme import ThemeName

OPACITY_STEP = 0.1
TONE_STEP = 0.1
ZOOM_FACTOR = 1.25


MENUS = {
    "file": "&File",
    "edit": "&Edit",
    "person": "&Person",
    "fit": "F&it",
    "body": "&Body",
    "view": "&View",
    "space": "&3D",
    "help": "&Help",
}


def _theme(name: ThemeName, text: str) -> Command:
    return Command(
        f"view.theme_{name}",
        text,
        "",
        lambda workbench, window: workbench.look(theme=name),
        checked=lambda workbench: workbench.view.theme == name,
        group="theme",
    )


FILE = (
    Command("file.open_photos", "Open &photos…", "Ctrl+Shift+O", file_acts.open_file("photos")),
    Command("file.open", "&Open project or annotations…", "Ctrl+O", file_acts.open_file("any")),
    Command("file.open_sample", "Open the samp&le", "", file_acts.open_sample),
    Command("file.save_fits", "&Save fits", "Ctrl+S", file_acts.save_fits, acts.has_project_and_body),
    Command("file.export_coco", "&Export as COCO…", "Ctrl+E", file_acts.export("coco"), acts.has_project),
    Command("file.export_spin", "Export as SP&IN…", "", file_acts.export("spin"), acts.has_project),
    Command("file.export_eft", "Export as EF&T…", "", file_acts.export("eft"), acts.has_project),
    Command(
        "file.export_parameters", "Export para&meters…", "", file_acts.export("parameters"), acts.has_project
    ),
    Command("file.export_mesh", "Export mes&hes…", "", file_acts.export("mesh"), acts.has_project),
    Command("file.find_photos", "&Find moved photos…", "", file_acts.find_photos, acts.has_project),
    Command("file.open_body", "Open &body…", "", file_acts.open_body),
    Command("file.open_own_body", "&Use the open body", "", lambda workbench, _: workbench.fits.open_body()),
    Command(
        "file.close",
        "&Close project",
        "Ctrl+W",
        lambda workbench, _: workbench.set_project(None),
        acts.has_project,
    ),
    Command("file.quit", "&Quit", "Ctrl+Q", lambda workbench, window: window.close()),
)
EDIT = (
    Command(
        "edit.undo",
        "&Undo",
        "Ctrl+Z",
        lambda workbench, window: workbench.undo(),
        lambda workbench: workbench.previewing or workbench.history.canUndo(),
    ),
    Command(
        "edit.redo",
        "&Redo",
        "Ctrl+Shift+Z",
        lambda workbench, window: workbench.redo(),
        lambda workbench: workbench.history.canRedo(),
    ),
    Command("edit.cancel", "&Cancel", "Esc", acts.cancel),
    Command("edit.next_keypoint", "&Next keypoint", "Tab", acts.step_keypoint(1), acts.has_person),
    Command("edit.last_keypoint", "&Last keypoint", "Shift+Tab", acts.step_keypoint(-1), acts.has_person),
    Command(
        "edit.place",
        "&Place keypoints by clicking",
        "P",
        acts.place_keypoints,
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.visibility",
        "&Visible, occluded, absent",
        "V",
        acts.with_keypoint("Change visibility", editing.cycled),
        acts.has_keypoint,
    ),
    Command(
        "edit.delete",
        "&Delete keypoint",
        "Del",
        acts.with_keypoint(
            "Delete keypoint", lambda person, index: editing.with_visibility(person, index, "absent")
        ),
        acts.has_keypoint,
    ),
    Command(
        "edit.swap_limb",
        "Swap left and right of the li&mb",
        "X",
        acts.with_keypoint("Swap limb", acts.swap_limb),
        acts.has_keypoint,
    ),
    Command(
        "edit.swap_person",
        "&Swap left and right of the person",
        "Shift+X",
        acts.swap_person,
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.exchange_limb",
        "&Exchange limb with who is nearest",
        "Y",
        neighbour_acts.exchange_limb,
        lambda workbench: acts.has_keypoint(workbench) and neighbour_acts.has_neighbour(workbench),
    ),
    Command(
        "edit.exchange_detection",
        "Exchange &whole with who is nearest",
        "Shift+Y",
        neighbour_acts.exchange_detection,
        neighbour_acts.has_neighbour,
    ),
    Command(
        "edit.copy_last",
        "Copy keypoints from the l&ast photo",
        "Alt+PgUp",
        neighbour_acts.copy_from_photo(-1),
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.copy_next",
        "Copy keypoints from the next ph&oto",
        "Alt+PgDown",
        neighbour_acts.copy_from_photo(1),
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.restore",
        "Restore &keypoints as they came",
        "",
        acts.restore_keypoints,
        lambda workbench: workbench.editable and workbench.person.original_keypoints is not None,
    ),
)
PERSON = (
    Command("person.accept", "&Accept", "A", acts.judge("accepted", "Accept"), acts.has_person),
    Command("person.reject", "&Reject", "R", acts.judge("rejected", "Reject"), acts.has_person),
    Command("person.later", "&Later", "L", acts.judge("later", "Later"), acts.has_person),
    Command("person.todo", "&Undecided, unlocked", "U", acts.judge("todo", "Undecide"), acts.has_person),
    Command("person.next_worst", "Next &worst", "Space", acts.next_worst, acts.has_project),
    Command("person.next", "&Next in the queue", "PgDown", acts.step_person(1), acts.has_project),
    Command("person.last", "&Back in the queue", "PgUp", acts.step_person(-1), acts.has_project),
    Command("person.next_photo", "Next &photo", "Ctrl+PgDown", acts.step_photo(1), acts.has_project),
    Command("person.last_photo", "Last p&hoto", "Ctrl+PgUp", acts.step_photo(-1), acts.has_project),
    Command(
        "person.draw",
        "&Draw a new person",
        "N",
        lambda workbench, window: window.draw_person(),
        lambda workbench: workbench.photo is not None and workbench.writable,
    ),
    Command(
        "person.box",
        "Box around the &keypoints",
        "Shift+B",
        acts.box_around,
        lambda workbench: workbench.editable,
    ),
    Command("person.detect", "De&tect in photos without people", "Ctrl+D", acts.detect, acts.can_write),
    Command(
        "person.delete",
        "D&elete person",
        "Ctrl+Del",
        acts.delete_person,
        lambda workbench: workbench.editable,
    ),
    tick("person.advance", "&Go on after a verdict", "", "advance"),
)
FIT = (
    Command("fit.fit", "&Fit", "F", acts.fit, acts.can_fit),
    Command("fit.anew", "Fit &anew", "Shift+F", acts.fit_anew, acts.can_fit),
    Command("fit.guess", "Fit from the &guess", "G", acts.fit_from_guess, acts.can_fit),
    Command("fit.alternatives", "&Look for other bodies", "T", acts.look_for_alternatives, acts.can_fit),
    *(
        Command(
            f"fit.take_{number}",
            f"Take body &{number}",
            str(number),
            acts.take_alternative(number - 1),
            lambda workbench, number=number: (
                workbench.editable and len(workbench.fits.alternatives) >= number
            ),
        )
        for number in range(1, 6)
    ),
    Command(
        "fit.queue", "Fit everybody in the &queue", "Ctrl+F", queue_acts.fit_queue, acts.can_write_bodies
    ),
    Command(
        "fit.guess_queue",
        "G&uess everybody in the queue",
        "Ctrl+G",
        queue_acts.guess_queue,
        acts.can_write_bodies,
    ),
    Command(
        "fit.stop",
        "&Stop the work in the background",
        "",
        lambda workbench, window: workbench.job.cancel(),
        lambda workbench: workbench.job.running,
    ),
)
VIEW = (
    Command(
        "view.sheet", "Co&ntact sheet", "C", lambda _, window: window.show_contact_sheet(), acts.has_project
    ),
    Command("view.whole", "&Whole photo", "Ctrl+0", lambda _, window: window.show_whole_photo()),
    Command("view.pixels", "&1:1", "Ctrl+1", lambda _, window: window.zoom_to_pixels()),
    Command(
        "view.person", "Zoom to the &person", "Z", lambda _, window: window.zoom_to_person(), acts.has_person
    ),
    Command("view.zoom_in", "Zoom &in", "Ctrl++", lambda _, window: window.zoom(ZOOM_FACTOR)),
    Command("view.zoom_out", "Zoom &out", "Ctrl+-", lambda _, window: window.zoom(1 / ZOOM_FACTOR)),
    tick("view.overlay", "&Body over the photo", "B", "overlay"),
    tick("view.crop", "Keep to the pe&rson's box", "Shift+Z", "crop"),
    tick("view.silhouette", "Outline of t&he body", "M", "silhouette"),
    Command("view.more", "&More of the body", "+", shift("overlay_opacity", OPACITY_STEP, 0.1, 1.0)),
    Command("view.less", "Less of the bod&y", "-", shift("overlay_opacity", -OPACITY_STEP, 0.1, 1.0)),
    tick("view.skeleton", "&Keypoints", "K", "skeleton"),
    tick("view.residuals", "Distanc&es", "E", "residuals"),
    tick("view.boxes", "Bo&xes", "Ctrl+B", "boxes"),
    Command("view.brighter", "Bri&ghter", "Ctrl+Up", shift("brightness", TONE_STEP, -1, 1)),
    Command("view.darker", "D&arker", "Ctrl+Down", shift("brightness", -TONE_STEP, -1, 1)),
    Command("view.harder", "More &contrast", "Ctrl+Right", shift("contrast", TONE_STEP, -1, 1)),
    Command("view.softer", "&Less contrast", "Ctrl+Left", shift("contrast", -TONE_STEP, -1, 1)),
    Command(
        "view.tones", "Photo as it i&s", "", lambda workbench, _: workbench.look(brightness=0.0, contrast=0.0)
    ),
    Command("view.reset", "Panels as at &first", "", lambda _, window: window.reset_layout()),
    _theme("system", "Colours of the sys&tem"),
    _theme("light", "Light colo&urs"),
    _theme("dark", "&Dark colours"),
)
HELP = (
    Command("help.shortcuts", "&Shortcuts", "?", lambda _, window: window.show_shortcuts()),
    Command("help.change_shortcuts", "&Change shortcuts…", "", lambda _, window: window.change_shortcuts()),
)

COMMANDS = (*FILE, *EDIT, *PERSON, *FIT, *BODY, *VIEW, *SPACE, *HELP)
