"""The edit menu: undo, redo, and edits of the selected person's keypoints."""

from collections.abc import Callable

from core.body.keypoints import layout
from core.records import Person
from desktop.commands.command import (
    KEYPOINT,
    ORIGINAL,
    PERSON,
    REDO,
    UNDO,
    UNLOCKED,
    Command,
    Run,
)
from desktop.commands.neighbours import NEIGHBOURS
from desktop.commands.place_keypoints import PLACE
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.shown import Shown
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import QT_TR_NOOP, part, tr

STATES: dict[person_edits.Visibility, str] = {
    "visible": QT_TR_NOOP("visible"),
    "occluded": QT_TR_NOOP("occluded"),
    "absent": QT_TR_NOOP("absent"),
}


def with_keypoint(label: str, change: Callable[[Person, int], Person]) -> Run:
    """Change the selected keypoint. The body follows."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        workbench.apply(tr(label), change(shown.the_person, workbench.view.keypoint), follow=True)

    return act


def cycle_visibility(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Cycle the selected keypoint through visible, occluded, absent. It reappears at the body if it has no place."""
    body_px = None if shown.posed is None else shown.posed.keypoints_px
    index = workbench.view.keypoint
    changed = person_edits.cycled(shown.the_person, index, body_px)
    name = part(layout(changed.keypoints.layout).keypoints[index])
    now = STATES[person_edits.visibility(changed.keypoints, index)]
    label = tr("{name} is {state}").format(name=name, state=tr(now))
    workbench.apply(label, changed, follow=True)
    words = tr("{label} (visible, occluded, absent: V). Ctrl+Z takes it back.")
    workbench.told.emit(words.format(label=label[:1].upper() + label[1:]))


def delete_keypoint(person: Person, index: int) -> Person:
    return person_edits.with_visibility(person, index, "absent")


def swap_limb(person: Person, index: int) -> Person:
    return person_edits.swapped(person, person_edits.limb_of(layout(person.keypoints.layout), index))


def swap_person(workbench: Workbench, window: Asks, shown: Shown) -> None:
    workbench.apply(tr("Swap left and right"), person_edits.swapped(shown.the_person), follow=True)


def restore_keypoints(workbench: Workbench, window: Asks, shown: Shown) -> None:
    workbench.apply(tr("Reset keypoints"), person_edits.restored(shown.the_person), follow=True)


def step_keypoint(by: int) -> Run:
    """Select the next or the previous keypoint."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        k, old = shown.the_person.keypoints.k, workbench.view.keypoint
        workbench.change_view(keypoint=(old + by) % k if old != NO_KEYPOINT else (0 if by > 0 else k - 1))

    return act


def select_tool(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Let the mouse select and drag again: no keypoints are placed, and no person is drawn."""
    window.cancel_gesture()
    workbench.cancel()
    workbench.change_view(placing=False)


def cancel(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Cancel the gesture, the preview and the fit. Without any, unselect the keypoint."""
    in_gesture, compared = window.cancel_gesture(), workbench.view.compared
    under_way = workbench.cancel()
    workbench.change_view(compared="")
    if not (in_gesture or compared or under_way):
        workbench.change_view(keypoint=NO_KEYPOINT, placing=False)


EDIT_MENU = (
    Command("edit.undo", QT_TR_NOOP("&Undo"), "Ctrl+Z", lambda workbench, *_: workbench.undo(), UNDO),
    Command("edit.redo", QT_TR_NOOP("&Redo"), "Ctrl+Shift+Z", lambda workbench, *_: workbench.redo(), REDO),
    Command("edit.cancel", QT_TR_NOOP("&Cancel"), "Esc", cancel),
    Command(
        "edit.menu",
        QT_TR_NOOP("Conte&xt menu"),
        "Shift+F10",
        lambda workbench, window, shown: window.menu_of_selection(),
    ),
    Command("edit.next_keypoint", QT_TR_NOOP("&Next keypoint"), "Tab", step_keypoint(1), PERSON),
    Command("edit.last_keypoint", QT_TR_NOOP("Prev&ious keypoint"), "Shift+Tab", step_keypoint(-1), PERSON),
    Command("edit.select", QT_TR_NOOP("Select and dra&g"), "Q", select_tool, flag="placing", value=False),
    *PLACE,
    Command(
        "edit.visibility",
        QT_TR_NOOP("&Visible, occluded, absent"),
        "V",
        cycle_visibility,
        UNLOCKED | KEYPOINT,
    ),
    Command(
        "edit.delete",
        QT_TR_NOOP("&Delete keypoint"),
        "Del",
        with_keypoint(QT_TR_NOOP("Delete keypoint"), delete_keypoint),
        UNLOCKED | KEYPOINT,
    ),
    Command(
        "edit.swap_limb",
        QT_TR_NOOP("Swap left and right of the li&mb"),
        "X",
        with_keypoint(QT_TR_NOOP("Swap limb"), swap_limb),
        UNLOCKED | KEYPOINT,
    ),
    Command(
        "edit.swap_person",
        QT_TR_NOOP("&Swap left and right of the person"),
        "Shift+X",
        swap_person,
        UNLOCKED,
    ),
    *NEIGHBOURS,
    Command(
        "edit.restore",
        QT_TR_NOOP("Reset &keypoints to imported"),
        "",
        restore_keypoints,
        UNLOCKED | ORIGINAL,
    ),
    Command(
        "edit.settings",
        QT_TR_NOOP("Se&ttings…"),
        "Ctrl+,",
        lambda workbench, window, shown: window.show_settings(),
    ),
)
