"""What can be asked for from a menu, a button or the keyboard: one record each, what it needs, and the usual ways to
make one."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown

Run = Callable[[Workbench, Asks, Shown], object]
Needs = frozenset[str]

NOTHING: Needs = frozenset()
PROJECT: Needs = frozenset({"project"})
WRITABLE: Needs = frozenset({"writable"})  # a project that may be written
PHOTO: Needs = frozenset({"photo"})
PERSON: Needs = frozenset({"person"})
UNLOCKED: Needs = frozenset({"unlocked"})  # a person who may be changed
KEYPOINT: Needs = frozenset({"keypoint"})  # one of the person's that is selected
SEEN: Needs = frozenset({"seen"})  # a keypoint of the person that is not absent
FIT: Needs = frozenset({"fit"})  # the person's
BODY: Needs = frozenset({"body"})  # that is loaded
NEIGHBOUR: Needs = frozenset({"neighbour"})  # somebody else in the photo
HELD: Needs = frozenset({"held"})  # something that the person's fits keep to
ORIGINAL: Needs = frozenset({"original"})  # the person's keypoints before the first edit
UNDO: Needs = frozenset({"undo"})
REDO: Needs = frozenset({"redo"})
WORK: Needs = frozenset({"work"})  # in the background
FITTED = UNLOCKED | FIT | BODY


def alternative(number: int) -> Needs:
    """So many other bodies for the person's keypoints."""
    return frozenset({f"alternative {number}"})


@dataclass(frozen=True)
class Command:
    """`id` is "menu.name"; `run` is called only where all that it `needs` is there, as the Shown says that it gets.

    cancels: what is previewed is dropped first. It is a tick where it has a `flag`, a field of the view that is
    `value`, or where it can be `checked`; a `group` of ticks is a choice of one.
    """

    id: str
    text: str
    shortcut: str
    run: Run
    needs: Needs = NOTHING
    cancels: bool = False
    flag: str = ""
    value: object = True
    checked: Callable[[Shown], bool] | None = None
    group: str = ""

    @property
    def menu(self) -> str:
        return self.id.split(".")[0]

    @property
    def is_tick(self) -> bool:
        return bool(self.flag) or self.checked is not None


def available(workbench: Workbench) -> Needs:
    """All that a command may need and that is there now."""
    shown, fits = workbench.shown, workbench.fits
    person, photo, writable = shown.person, shown.photo, workbench.writable
    found = {"project": shown.project is not None, "writable": writable, "body": fits.body is not None}
    found |= {"work": workbench.busy, "redo": workbench.history.canRedo()}
    found["undo"] = workbench.previewing or workbench.history.canUndo()
    if photo is not None:
        found |= {"photo": True, "neighbour": len(photo.people) > 1}
    if person is not None:
        keypoints = person.keypoints
        found |= {"person": True, "unlocked": writable and not person.locked, "fit": person.fit is not None}
        found |= {"held": bool(person.wishes), "original": person.original_keypoints is not None}
        found["keypoint"] = 0 <= workbench.view.keypoint < len(keypoints.xy)
        found["seen"] = bool((keypoints.confidence > 0).any())
    for number in range(1, len(workbench.alternatives.found) + 1):
        found[f"alternative {number}"] = True
    return frozenset(name for name, there in found.items() if there)


def tick(name: str, text: str, shortcut: str, field: str) -> Command:
    """A command that turns a flag of the view on and off."""

    def turn(workbench: Workbench, window: Asks, shown: Shown) -> None:
        workbench.change_view(**{field: not getattr(workbench.view, field)})

    return Command(name, text, shortcut, turn, flag=field)


def shift(field: str, by: float, low: float, high: float) -> Run:
    """More or less of a number of the view."""
    return lambda workbench, window, shown: workbench.change_view(
        **{field: round(min(max(getattr(workbench.view, field) + by, low), high), 3)}
    )
