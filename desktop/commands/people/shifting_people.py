"""Move everybody of a sequence one photo later or earlier, where a file counts its frames otherwise than the video."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.store import Project
from desktop.commands.command import Run
from desktop.commands.people.together import AT_ONCE
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.history import Change
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr

LATER, EARLIER = QT_TR_NOOP("Move everybody one photo later"), QT_TR_NOOP("Move everybody one photo earlier")


@dataclass(frozen=True, eq=False)
class ShiftedPhotos:
    """Some photos with the people of their neighbours. lost: people of the last photo, who have no place any more."""

    changes: tuple[Change, ...]
    done: int
    total: int
    lost: int = 0


def shift_people(by: int) -> Run:
    """Move everybody `by` photos, 1 or -1, as one entry of the history."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        workbench.cancel()
        workbench.remember()
        label, lost = tr(LATER if by > 0 else EARLIER), [0]
        place = workbench.sequence.place or 0

        def take(step: ShiftedPhotos) -> None:
            lost[0] += step.lost
            workbench.write(label, list(step.changes))
            workbench.project_changed.emit()

        def end() -> None:
            workbench.remember()
            workbench.read_anew()
            workbench.sequence.show(place + by)
            if workbench.job.stopped or workbench.job.failed:
                workbench.told.emit(tr("Only some photos were moved: undo takes everybody back."))
            elif lost[0]:
                workbench.told.emit(
                    tr("%n people at the end have no photo any more; undo brings them back.", "", lost[0])
                )

        workbench.job.start(
            label, shifting_steps(shown.the_project, workbench.sequence.photo_ids, by), take, end
        )

    return act


def shifting_steps(project: Project, photo_ids: Sequence[int], by: int) -> Iterator[ShiftedPhotos]:
    """The photos from the end that people move to, each with its neighbour's people under new ids."""
    order = list(reversed(photo_ids)) if by > 0 else list(photo_ids)
    changes: list[Change] = []
    lost = len(project.photo(order[0]).people) if order else 0
    for done, photo_id in enumerate(order, start=1):
        before = project.photo(photo_id)
        given = project.photo(order[done]).people if done < len(order) else ()
        people = tuple(person.with_(id=project.new_person_id()) for person in given)
        if people or before.people:
            changes.append((before, before.with_(people=people)))
        if done % AT_ONCE == 0 or done == len(order):
            yield ShiftedPhotos(tuple(changes), done, len(order), lost)
            changes, lost = [], 0
