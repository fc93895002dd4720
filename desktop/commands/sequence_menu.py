"""The sequence menu: play a video or a folder of frames, step through a track, and edit tracks."""

import numpy as np

from core.errors import ProjectError
from core.store.tracks import track_rows
from core.store.tracks.track_rows import Retracked
from desktop.commands.command import PERSON, PROJECT, SEQUENCE, TRACK, WRITABLE, Command, Run, tick
from desktop.commands.people.shifting_people import shift_people
from desktop.commands.people.together import AT_ONCE, PartOfAnAct, parts, write_people
from desktop.commands.people.tracking_people import find_tracks
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr


def swap_tracks(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Exchange the selected person's track with another one from this photo on: with the one that the timeline marks,
    else with that of the nearest person here."""
    other = workbench.sequence.marked
    if other is None:
        others = [one for one in shown.the_photo.people if one.track is not None]
        nearest = person_edits.nearest_person(shown.the_person, others)
        other = None if nearest is None else nearest.track
    own, photo_id = shown.the_person.track, workbench.photo_id
    if own is None or photo_id is None or other is None or other == own:
        workbench.told.emit(
            tr("Nobody else here has a track. Choose another one in the timeline with a right click.")
        )
        return
    label = tr("Swap tracks {one} and {other} from here on").format(one=own, other=other)
    retrack(workbench, label, track_rows.swapped(workbench.sequence.rows(), own, other, photo_id))


def cut_track(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Give the selected person a new track from this photo on."""
    own, photo_id = shown.the_person.track, workbench.photo_id
    if own is None or photo_id is None:
        return
    try:
        changed = track_rows.cut(workbench.sequence.rows(), own, photo_id)
    except ProjectError as error:
        workbench.refused.emit(str(error))
        return
    retrack(workbench, tr("Cut track {track} here").format(track=own), changed)


def join_tracks(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Make another track part of the selected person's: the one that the timeline marks, else the next in time."""
    rows, own = workbench.sequence.rows(), shown.the_person.track
    if own is None:
        return
    other = workbench.sequence.marked
    if other is None or other == own:
        other = track_rows.next_to_join(rows, own)
    if other is None:
        workbench.told.emit(tr("Every other track overlaps track {track}.").format(track=own))
        return
    try:
        changed = track_rows.joined(rows, own, other)
    except ProjectError as error:
        workbench.refused.emit(str(error))
        return
    retrack(workbench, tr("Join track {other} to track {track}").format(other=other, track=own), changed)


def retrack(workbench: Workbench, label: str, changed: Retracked) -> None:
    """Give people other tracks, as one entry of the history; many of them by a job. Locked people too: fits stay."""
    workbench.cancel()
    workbench.sequence.mark(None)
    ids = np.array(sorted(changed), np.int64)
    selected = workbench.person_id

    def take(part: PartOfAnAct) -> None:
        write_people(
            workbench,
            label,
            part.ids,
            lambda photo, person: photo.with_person(person.with_(track=changed[person.id])),
            locked_too=True,
        )

    def finish() -> None:
        workbench.remember()
        if workbench.person_id != selected:
            workbench.select(selected)

    if len(ids) > AT_ONCE:
        workbench.job.start(label, parts(ids), take, finish)
        return
    workbench.remember()  # what a running job has written is an entry of its own
    for part in parts(ids):
        take(part)
    finish()


def step_corrected(by: int) -> Run:
    """Show the next or the previous photo in which a hand corrected the selected person."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        if not workbench.sequence.step_to_corrected(by):
            workbench.told.emit(tr("No more photo of this track was corrected in that direction."))

    return act


def step_gap(by: int) -> Run:
    """Show the photo at the next or the previous gap of the selected person's track."""

    def act(workbench: Workbench, window: Asks, shown: Shown) -> None:
        if not workbench.sequence.step_to_gap(by):
            workbench.told.emit(tr("This track has no more gap in that direction."))

    return act


SEQUENCE_MENU = (
    tick("sequence.play", QT_TR_NOOP("&Play"), "Ctrl+Space", "playing", SEQUENCE),
    Command(
        "sequence.next_corrected",
        QT_TR_NOOP("Next &corrected photo of the track"),
        "Ctrl+Shift+PgDown",
        step_corrected(1),
        TRACK | SEQUENCE,
    ),
    Command(
        "sequence.last_corrected",
        QT_TR_NOOP("Previous c&orrected photo of the track"),
        "Ctrl+Shift+PgUp",
        step_corrected(-1),
        TRACK | SEQUENCE,
    ),
    Command("sequence.next_gap", QT_TR_NOOP("Next &gap of the track"), "", step_gap(1), TRACK | SEQUENCE),
    Command(
        "sequence.last_gap", QT_TR_NOOP("Previous g&ap of the track"), "", step_gap(-1), TRACK | SEQUENCE
    ),
    Command(
        "sequence.swap",
        QT_TR_NOOP("&Swap tracks from here on"),
        "Ctrl+T",
        swap_tracks,
        TRACK | SEQUENCE | PERSON | WRITABLE,
        cancels=True,
    ),
    Command(
        "sequence.cut",
        QT_TR_NOOP("C&ut the track here"),
        "Ctrl+Shift+T",
        cut_track,
        TRACK | SEQUENCE | WRITABLE,
        cancels=True,
    ),
    Command(
        "sequence.join",
        QT_TR_NOOP("&Join with another track"),
        "Ctrl+Alt+J",
        join_tracks,
        TRACK | SEQUENCE | WRITABLE,
    ),
    Command(
        "sequence.find",
        QT_TR_NOOP("&Find tracks of people without one"),
        "",
        find_tracks,
        PROJECT | SEQUENCE | WRITABLE,
    ),
    Command(
        "sequence.later",
        QT_TR_NOOP("Move everybody one photo &later"),
        "",
        shift_people(1),
        SEQUENCE | WRITABLE,
    ),
    Command(
        "sequence.earlier",
        QT_TR_NOOP("Move everybody one photo &earlier"),
        "",
        shift_people(-1),
        SEQUENCE | WRITABLE,
    ),
    tick(
        "sequence.neighbours", QT_TR_NOOP("Neig&hbours follow a corrected photo"), "", "neighbours", SEQUENCE
    ),
    tick("sequence.timeline", QT_TR_NOOP("&Timeline"), "Ctrl+Alt+T", "timeline"),
)
