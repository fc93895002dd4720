"""The 3D menu: from where the body is seen, what is drawn with it, and how far the photo's camera looks down."""

from desktop.commands.command import FIT, PHOTO, Command, Run, tick
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr

PITCH_STEP_DEG = 1.0


def _look_from(place: str) -> Run:
    return lambda workbench, window, shown: window.view_from(place)


def show_everyone(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Show or hide the other people of the photo, and the whole scene."""
    workbench.change_view(everyone=not workbench.view.everyone)
    window.frame(workbench.view.everyone)


def tilt(by_deg: float) -> Run:
    """Take another angle for the photo's camera, and say it."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        workbench.floor.choose(round(workbench.floor.pitch_deg) + by_deg)
        words = tr("The camera looks down by {degrees:.0f}°")
        workbench.told.emit(words.format(degrees=workbench.floor.pitch_deg))

    return act


SPACE_MENU = (
    Command("space.home", QT_TR_NOOP("&Whole body"), "Home", _look_from("home")),
    Command(
        "space.frame",
        QT_TR_NOOP("Fill the view with the &person"),
        "H",
        lambda workbench, window, shown: window.frame(),
    ),
    Command("space.from_photo", QT_TR_NOOP("As the pho&to"), "Ctrl+Home", _look_from("photo")),
    Command("space.from_front", QT_TR_NOOP("From the &front"), "Alt+Home", _look_from("front")),
    Command("space.from_back", QT_TR_NOOP("From &behind"), "Alt+End", _look_from("back")),
    Command("space.from_left", QT_TR_NOOP("From the person's &left"), "End", _look_from("left")),
    Command("space.from_right", QT_TR_NOOP("From the person's rig&ht"), "Shift+End", _look_from("right")),
    Command("space.from_top", QT_TR_NOOP("From &above"), "Ctrl+End", _look_from("top")),
    Command("space.from_below", QT_TR_NOOP("From b&elow"), "Ctrl+Shift+End", _look_from("below")),
    Command(
        "space.everyone",
        QT_TR_NOOP("All people of the photo (&x)"),
        "Shift+A",
        show_everyone,
        FIT,
        flag="everyone",
    ),
    tick("space.side_view", QT_TR_NOOP("Side &view as well"), "S", "side_view"),
    tick("space.rings", QT_TR_NOOP("R&ings to turn the joint"), "O", "rings"),
    tick("space.ghost_guess", QT_TR_NOOP("Ghost of the &guess"), "Shift+G", "ghost_guess"),
    tick("space.ghost_previous", QT_TR_NOOP("Gh&ost of the previous fit"), "Shift+P", "ghost_previous"),
    tick("space.ghost_truth", QT_TR_NOOP("Ghost of the tr&uth"), "Shift+T", "ghost_truth"),
    tick("space.wireframe", QT_TR_NOOP("Wirefra&me"), "Ctrl+L", "wireframe"),
    tick("space.floor", QT_TR_NOOP("Floo&r grid"), "", "floor"),
    Command("space.tilt_down", QT_TR_NOOP("Camera looks farther &down"), ">", tilt(PITCH_STEP_DEG), PHOTO),
    Command("space.tilt_up", QT_TR_NOOP("Camera looks less far dow&n"), "<", tilt(-PITCH_STEP_DEG), PHOTO),
    Command(
        "space.estimate_tilt",
        QT_TR_NOOP("&Camera angle from the people"),
        "",
        lambda workbench, *_: workbench.floor.choose(None),
        PHOTO,
    ),
)
