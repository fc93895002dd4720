"""Find tracks: a command for people without one, and a part of finding people in a sequence."""

from desktop.commands.people.together import write_people
from desktop.commands.window_api import Asks
from desktop.jobs.detecting import Then
from desktop.jobs.tracking_many import Tracked, Tracker, tracking_steps
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import tr


def find_tracks(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Give everybody without a track one, in the background: people who look alike in photos after each other."""
    label, count = tr("Find tracks"), [0]
    sequence = workbench.sequence

    def take(step: Tracked) -> None:
        count[0] += len(step.tracks)
        if step.tracks:
            write_people(
                workbench,
                label,
                step.tracks,
                lambda photo, person: photo.with_person(person.with_(track=step.tracks[person.id])),
                locked_too=True,
            )

    def end() -> None:
        workbench.remember()
        workbench.told.emit(tr("%n people have a track now", "", count[0]))

    workbench.job.start(
        label, tracking_steps(shown.the_project, sequence.photo_ids, sequence.rate), take, end
    )


def with_tracks_found(workbench: Workbench, then: Then) -> Then:
    """People found in a sequence get tracks first, photo by photo in the order of time; in other photos none do."""
    if not workbench.sequence.there:
        return then
    rows = workbench.sequence.rows()
    tracker = Tracker(workbench.sequence.rate, sorted({row.track for row in rows if row.track is not None}))
    return lambda photo: then(tracker.follow(photo))
