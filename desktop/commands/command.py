"""Commands of menus, buttons and keys: one record each, the needs of a command, and functions that make commands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP

Run = Callable[[Workbench, Asks, Shown], object]
Needs = frozenset[str]

NOTHING: Needs = frozenset()
PROJECT: Needs = frozenset({"project"})
WRITABLE: Needs = frozenset({"writable"})  # a project that may be written
PHOTO: Needs = frozenset({"photo"})
PERSON: Needs = frozenset({"person"})
SEVERAL: Needs = frozenset({"several"})  # people selected together
UNLOCKED: Needs = frozenset({"unlocked"})  # a selected person that may be changed
KEYPOINT: Needs = frozenset({"keypoint"})  # a selected keypoint of the person
SEEN: Needs = frozenset({"seen"})  # a present keypoint of the person
FIT: Needs = frozenset({"fit"})  # a fit of the person
BODY: Needs = frozenset({"body"})  # a loaded body
NEIGHBOUR: Needs = frozenset({"neighbour"})  # another person in the photo
HELD: Needs = frozenset({"held"})  # a wish of the person
ORIGINAL: Needs = frozenset({"original"})  # the person's keypoints before the first edit
PLACING: Needs = frozenset({"placing"})  # keypoints are placed by clicking
UNDO: Needs = frozenset({"undo"})
REDO: Needs = frozenset({"redo"})
SEQUENCE: Needs = frozenset({"sequence"})  # photos that follow each other in time
TRACK: Needs = frozenset({"track"})  # a selected person with a track
WORK: Needs = frozenset({"work"})  # a job in the background
FITTED = UNLOCKED | FIT | BODY
# Why a command cannot run, the most basic need first.
REASONS = {
    "project": QT_TR_NOOP("no project is open"),
    "writable": QT_TR_NOOP("the project can only be read"),
    "photo": QT_TR_NOOP("no photo is shown"),
    "person": QT_TR_NOOP("nobody is selected"),
    "several": QT_TR_NOOP("only one person is selected"),
    "track": QT_TR_NOOP("the person has no track"),
    "unlocked": QT_TR_NOOP("the person is locked, or the project can only be read"),
    "body": QT_TR_NOOP("no body is loaded"),
    "fit": QT_TR_NOOP("the person has no fit"),
    "keypoint": QT_TR_NOOP("no keypoint is selected"),
    "placing": QT_TR_NOOP("no keypoints are being placed"),
    "seen": QT_TR_NOOP("the person has no visible keypoint"),
    "neighbour": QT_TR_NOOP("nobody else is in the photo"),
    "held": QT_TR_NOOP("nothing of the person is held"),
    "original": QT_TR_NOOP("the keypoints were not changed"),
    "undo": QT_TR_NOOP("there is nothing to undo"),
    "redo": QT_TR_NOOP("there is nothing to redo"),
    "sequence": QT_TR_NOOP("the photos are no video and no sequence"),
    "work": QT_TR_NOOP("nothing works in the background"),
}
NO_ALTERNATIVE = QT_TR_NOOP("no such alternative was found")


def alternative(number: int) -> Needs:
    """At least `number` alternatives of the person."""
    return frozenset({f"alternative {number}"})


@dataclass(frozen=True)
class Command:
    """id: "menu.name"; run: called with the current Shown, only if all of `needs` is available.

    cancels: drop a preview first. flag: a field of the view; the command is ticked if the field is `value`. checked:
    computes the tick from Shown. group: commands of which exactly one is ticked. several: the text while several people
    are selected.
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
    several: str = ""

    @property
    def menu(self) -> str:
        return self.id.split(".")[0]

    @property
    def is_tick(self) -> bool:
        return bool(self.flag) or self.checked is not None


def why_not(command: Command, there: Needs) -> str:
    """The first need of a command that is not met, in words; empty for a command that can run."""
    return _reason(command.needs - there)


@cache
def _reason(missing: Needs) -> str:
    """Cached: an accepted person is locked, and half the commands then lack the same."""
    reasons = [words for need, words in REASONS.items() if need in missing]
    return reasons[0] if reasons else "" if not missing else NO_ALTERNATIVE


def available(workbench: Workbench) -> Needs:
    """The needs that are met now."""
    shown, fits = workbench.shown, workbench.fits
    person, photo, writable = shown.person, shown.photo, workbench.writable
    found = {"project": shown.project is not None, "writable": writable, "body": fits.body is not None}
    found |= {"work": workbench.busy, "redo": workbench.history.canRedo()}
    found["placing"], found["sequence"] = workbench.view.placing, workbench.sequence.there
    found["undo"] = workbench.previewing or workbench.history.canUndo()
    if photo is not None:
        found |= {"photo": True, "neighbour": len(photo.people) > 1}
    if person is not None:
        keypoints = person.keypoints
        found |= {"person": True, "unlocked": writable and not person.locked, "fit": person.fit is not None}
        found |= {"held": bool(person.wishes), "original": person.original_keypoints is not None}
        found["track"] = person.track is not None
        found["several"] = len(workbench.queue.together) > 1
        found["keypoint"] = 0 <= workbench.view.keypoint < len(keypoints.xy)
        found["seen"] = bool((keypoints.confidence > 0).any())
    for number in range(1, len(workbench.alternatives.found) + 1):
        found[f"alternative {number}"] = True
    return frozenset([name for name, there in found.items() if there])


def tick(name: str, text: str, shortcut: str, field: str, needs: Needs = NOTHING) -> Command:
    """A command that switches a flag of the view."""

    def turn(workbench: Workbench, window: Asks, shown: Shown) -> None:
        workbench.change_view(**{field: not getattr(workbench.view, field)})

    return Command(name, text, shortcut, turn, needs, flag=field)


def shift(field: str, by: float, low: float, high: float) -> Run:
    """Change a number of the view by a step, between low and high."""
    return lambda workbench, window, shown: workbench.change_view(
        **{field: round(min(max(getattr(workbench.view, field) + by, low), high), 3)}
    )
