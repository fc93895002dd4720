"""What commands do, as functions of the workbench and what they may ask of the window."""

from collections.abc import Callable

import numpy as np

from core.body.keypoints import layout
from core.records import Person, Verdict
from desktop.commands.neighbour_menu import photo_beside
from desktop.commands.window_api import Asks
from desktop.jobs.detecting import Detected, detect_steps
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import tr

# Keypoints


def with_keypoint(label: str, change: Callable[[Person, int], Person]) -> Callable[[Workbench, Asks], None]:
    """Change the selected keypoint of the person on show; the body follows."""

    def act(workbench: Workbench, window: Asks) -> None:
        person, index = workbench.person, workbench.view.keypoint
        if person is not None and has_keypoint(workbench):
            workbench.apply(tr(label), change(person, index), follow=True)

    return act


def cycle_visibility(workbench: Workbench, window: Asks | None = None) -> None:
    """Visible, occluded, absent; one that comes back does so where the body has it if it was nowhere."""
    person, posed = workbench.person, workbench.fits.posed()
    if person is not None and has_keypoint(workbench):
        body_px = None if posed is None else posed.keypoints_px
        changed = person_edits.cycled(person, workbench.view.keypoint, body_px)
        workbench.apply(tr("Change visibility"), changed, follow=True)


def swap_limb(person: Person, index: int) -> Person:
    return person_edits.swapped(person, person_edits.limb_of(layout(person.keypoints.layout), index))


def swap_person(workbench: Workbench, window: Asks) -> None:
    if workbench.person is not None:
        workbench.apply(tr("Swap left and right"), person_edits.swapped(workbench.person), follow=True)


def restore_keypoints(workbench: Workbench, window: Asks) -> None:
    person = workbench.person
    if person is not None and person.original_keypoints is not None:
        restored = person.with_(keypoints=person.original_keypoints, original_keypoints=None)
        workbench.apply(tr("Restore keypoints"), restored, follow=True)


def step_keypoint(by: int) -> Callable[[Workbench, Asks], None]:
    """Select the next or the last keypoint."""

    def act(workbench: Workbench, window: Asks) -> None:
        if workbench.person is not None:
            k, old = workbench.person.keypoints.k, workbench.view.keypoint
            workbench.change_view(keypoint=(old + by) % k if old != NO_KEYPOINT else (0 if by > 0 else k - 1))

    return act


def place_keypoints(workbench: Workbench, window: Asks) -> None:
    """The next clicks place keypoints: the selected one, then those that are absent."""
    person = workbench.person
    if person is not None:
        absent = np.flatnonzero(person.keypoints.confidence <= 0)
        chosen = workbench.view.keypoint
        if chosen == NO_KEYPOINT:
            chosen = int(absent[0]) if len(absent) else 0
        workbench.change_view(keypoint=chosen, placing=True)


def box_around(workbench: Workbench, window: Asks) -> None:
    box = person_edits.box_around(workbench.person) if workbench.person is not None else None
    if box is None or workbench.person is None:
        workbench.told.emit(tr("Too few keypoints for a box: place some first (P)."))
    else:
        workbench.apply(tr("Box around the keypoints"), workbench.person.with_(bbox=box))


def delete_person(workbench: Workbench, window: Asks) -> None:
    workbench.cancel()  # a new person whom nobody kept does not stay
    photo, person = workbench.photo, workbench.person
    if photo is not None and person is not None:
        people = tuple(other for other in photo.people if other.id != person.id)
        label = tr("Delete person {id}").format(id=person.id)
        workbench.apply_photo(label, photo.with_(people=people), people[0].id if people else None)


# Verdicts and the queue


def judge(verdict: Verdict, label: str) -> Callable[[Workbench, Asks], None]:
    """Give the person on show a verdict, and go on if the user likes that."""

    def act(workbench: Workbench, window: Asks) -> None:
        if verdict == "accepted" and workbench.fits.running:
            workbench.fits.when_ended(lambda: act(workbench, window))
            return
        workbench.cancel()
        person = workbench.person
        if person is None:
            return
        workbench.apply(tr(label).format(id=person.id), person_edits.with_verdict(person, verdict))
        if workbench.view.advance and verdict != "todo":
            next_worst(workbench, window)

    return act


def next_worst(workbench: Workbench, window: Asks) -> None:
    person_id = workbench.queue.next_undecided()
    if person_id is None:
        workbench.told.emit(tr("Nobody else waits for a verdict here."))
    else:
        workbench.select(person_id)


def step_person(by: int) -> Callable[[Workbench, Asks], None]:
    """The next or the last person as the queue is shown."""

    def act(workbench: Workbench, window: Asks) -> None:
        beside = workbench.queue.beside(by)
        if beside is not None:
            workbench.select(beside)

    return act


def step_person_here(by: int) -> Callable[[Workbench, Asks], None]:
    """The next or the last person of the photo on show, round and round."""

    def act(workbench: Workbench, window: Asks) -> None:
        workbench.cancel()  # a new person whom nobody kept is none of them
        ids = [person.id for person in workbench.photo.people] if workbench.photo is not None else []
        if workbench.person_id in ids:
            workbench.select(ids[(ids.index(workbench.person_id) + by) % len(ids)])

    return act


def step_photo(by: int) -> Callable[[Workbench, Asks], None]:
    """The next or the last photo in the order they came, with people or without."""

    def act(workbench: Workbench, window: Asks) -> None:
        beside = photo_beside(workbench, by)
        if beside is not None:
            workbench.show_photo(beside)

    return act


# Fits


def fit(workbench: Workbench, window: Asks) -> None:
    """From the fit that is there; without one, from a guess."""
    person = workbench.person
    if person is not None and person.fit is not None and not workbench.fits.foreign:
        workbench.fits.fit(person.fit)
    else:
        workbench.fits.guess()


def fit_anew(workbench: Workbench, window: Asks) -> None:
    workbench.fits.fit(None)


def fit_from_guess(workbench: Workbench, window: Asks) -> None:
    workbench.fits.guess()


def search_alternatives(workbench: Workbench, window: Asks) -> None:
    window.show_panel("alternatives")
    workbench.fits.search_alternatives()


def take_alternative(place: int) -> Callable[[Workbench, Asks], None]:
    return lambda workbench, window: workbench.fits.take_alternative(place)


def detect(workbench: Workbench, window: Asks) -> None:
    """Look for people in all photos that have none, in the background."""
    project = workbench.project
    if project is None:
        return
    faults: list[str] = []
    found: list[Person] = []
    label = tr("Detect people")

    def take(step: Detected) -> None:
        faults.extend(step.faults)
        if step.photo is not None and step.people:
            people = tuple(person.with_(id=project.new_person_id()) for person in step.people)
            found.extend(people)
            workbench.write(label, [(step.photo, step.photo.with_(people=people))])
            workbench.project_changed.emit()

    def end() -> None:
        workbench.remember(label)
        if workbench.person is None:
            workbench.show_first()
        workbench.told.emit("\n".join([tr("%n people found", "", len(found)), *faults[:5]]))

    workbench.job.start(label, detect_steps(project, project.photo_ids()), take, end)


# Taking back


def cancel(workbench: Workbench, window: Asks) -> None:
    """Escape: the gesture, the preview, the fit; then the selected keypoint."""
    busy = (
        window.cancel_gesture() or workbench.previewing or workbench.fits.running or workbench.view.compared
    )
    workbench.cancel()
    workbench.change_view(compared="")
    if not busy:
        workbench.change_view(keypoint=NO_KEYPOINT, placing=False)


# When things can be done


def has_person(workbench: Workbench) -> bool:
    return workbench.person is not None


def can_judge(workbench: Workbench) -> bool:
    return workbench.person is not None and workbench.writable


def has_keypoint(workbench: Workbench) -> bool:
    person = workbench.person
    return workbench.editable and person is not None and 0 <= workbench.view.keypoint < person.keypoints.k


def can_fit(workbench: Workbench) -> bool:
    person = workbench.person
    seen = person is not None and bool((person.keypoints.confidence > 0).any())
    return seen and workbench.editable and workbench.fits.body is not None


def has_fit(workbench: Workbench) -> bool:
    person = workbench.person
    return (
        workbench.editable
        and person is not None
        and person.fit is not None
        and workbench.fits.body is not None
    )


def can_refit(workbench: Workbench) -> bool:
    return has_fit(workbench) and can_fit(workbench)


def has_project(workbench: Workbench) -> bool:
    return workbench.project is not None


def has_project_and_body(workbench: Workbench) -> bool:
    return workbench.project is not None and workbench.fits.body is not None


def can_write(workbench: Workbench) -> bool:
    return workbench.writable


def can_write_bodies(workbench: Workbench) -> bool:
    return workbench.writable and workbench.fits.body is not None
