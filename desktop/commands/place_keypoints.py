"""Part of the edit menu: place keypoints by clicking, and take the last one back."""

from core.body.keypoints import layout
from desktop.commands.command import PLACING, UNLOCKED, Command
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.placing_order import last_placed, next_absent, placing_order
from desktop.state.shown import Shown
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import QT_TR_NOOP, part, tr


def place_keypoints(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Place keypoints with the next clicks: first the selected keypoint, then absent ones."""
    person, chosen = shown.the_person, workbench.view.keypoint
    if chosen == NO_KEYPOINT:
        chosen = next_absent(person)
    if chosen == NO_KEYPOINT:
        chosen = placing_order(layout(person.keypoints.layout))[0]
    workbench.change_view(keypoint=chosen, placing=True)


def place_back(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Make the keypoint placed last absent again. The next click places it anew."""
    workbench.cancel()
    person = workbench.shown.the_person
    index = last_placed(person, workbench.view.keypoint)
    if index == NO_KEYPOINT:
        workbench.told.emit(tr("No keypoint before this one is placed."))
        return
    name = part(layout(person.keypoints.layout).keypoints[index])
    absent = person_edits.with_visibility(person, index, "absent")
    workbench.apply(tr("Take back {name}").format(name=name), absent, follow=True)
    workbench.change_view(keypoint=index, placing=True)


PLACE = (
    Command(
        "edit.place",
        QT_TR_NOOP("&Place keypoints by clicking"),
        "P",
        place_keypoints,
        UNLOCKED,
        flag="placing",
    ),
    Command(
        "edit.place_back",
        QT_TR_NOOP("Take the last placed keypoint &back"),
        "Backspace",
        place_back,
        UNLOCKED | PLACING,
    ),
)
