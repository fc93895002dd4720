"""Find people in photos, with what that needs: a detector's weights, or its installation. Each is a job."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from core.detect.installs import INSTALLS
from core.errors import FitloopError
from core.records import Person, Photo
from core.store import Project
from desktop.commands.command import WRITABLE, Command
from desktop.commands.people.tracking_people import with_tracks_found
from desktop.commands.window_api import Asks
from desktop.jobs import detecting
from desktop.jobs.detecting import Detected, Then, detect_steps
from desktop.jobs.device import Device
from desktop.jobs.fitting_many import fit_batch
from desktop.jobs.installing import Installing, install_steps
from desktop.jobs.job import Job
from desktop.model.finding import Work
from desktop.model.guess_network import with_network
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.state.view import FitOptions
from desktop.text.translate import QT_TR_NOOP, tr

if TYPE_CHECKING:
    from torch import nn

    from core.body.model import Body
    from core.detect.weights import Fetched

MEGABYTE = 1e6
FAULTS_TOLD = 6


@dataclass(frozen=True)
class Megabytes:
    """Progress of a download. printed: by an installation; failed: why the work ended early."""

    done: int
    total: int
    printed: str = ""
    failed: str = ""


def detect(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Find people in all photos without people, in the background."""
    find_people(workbench, shown.the_project.photo_ids(), window.offer_detectors)


def find_people(
    workbench: Workbench, photo_ids: Sequence[int], offer: Callable[[], None] = lambda: None
) -> None:
    """Find people in those of the photos that have none. The weights of the detector are downloaded first if needed.

    offer: called where no detector can be used and no card on the photo says so.
    """
    project = workbench.project
    if project is None or not workbench.writable:
        return
    search = _Search(workbench, project, photo_ids, offer)
    there = detecting.installed(workbench.view.detector)
    if not detecting.lacks_weights(there):
        search.start()
        return

    def then(failed: str) -> None:
        if failed and len(there) == 1:
            workbench.finding.set_lack(failed)
        elif workbench.project is project:
            search.start()
        elif workbench.view.at_opening:  # another one was opened meanwhile, and found no weights
            _find_in_the_open(workbench)

    _download(workbench, tr("Download the detector's weights"), "weights", _weights(), then)


def install(workbench: Workbench, name: str) -> None:
    """Install a detector, and then find people in the photos without any."""

    def then(failed: str) -> None:
        if not failed:
            workbench.finding.set_lack("")
            _find_in_the_open(workbench)

    label = tr("Install {name}").format(name=INSTALLS[name].title)
    _download(workbench, label, "install", _installation(name), then)


def _find_in_the_open(workbench: Workbench) -> None:
    find_people(workbench, workbench.project.photo_ids() if workbench.project is not None else ())


def stop_finding(workbench: Workbench) -> None:
    """Stop the search, the download or the installation, whichever is shown. What was found stays."""
    job_of(workbench).cancel()


def job_of(workbench: Workbench) -> Job:
    """The job of the work that is shown."""
    return workbench.job if workbench.finding.work == "find" else workbench.downloads


class _Search:
    """One search. People are taken in photo by photo; all of it is one entry of the history."""

    def __init__(
        self, workbench: Workbench, project: Project, photo_ids: Sequence[int], offer: Callable[[], None]
    ) -> None:
        self._workbench, self._project, self._ids, self._offer = workbench, project, photo_ids, offer
        self._fits = workbench.view.at_opening and workbench.fits.body is not None
        self._label = tr("Find and fit people") if self._fits else tr("Detect people")
        self._found, self._total, self._faults, self._lack = 0, -1, list[str](), ""
        self._chosen: int | None = None  # the person that was selected because nobody was
        self._edits = workbench.history.count()

    def start(self) -> None:
        workbench, fits = self._workbench, self._workbench.fits
        wanted = workbench.view.detector
        if self._fits:
            folder, given = self._project.folder, (fits.the_body, fits.options, fits.device())

            def steps(network: "nn.Module | None") -> Iterator[Detected]:
                then = with_tracks_found(workbench, _fitting(folder, *given, network))
                return detect_steps(self._project, self._ids, then, wanted)

            work = with_network(fits.network.load, steps)
        else:
            then = with_tracks_found(workbench, lambda photo: (photo, ()))
            work = detect_steps(self._project, self._ids, then, wanted)
        if not workbench.job.running:  # other work refuses this one, and says so
            workbench.finding.begin("find")
        workbench.job.start(self._label, work, self._take, self._end)

    def _take(self, step: Detected) -> None:
        workbench = self._workbench
        self._total = step.total
        self._faults += step.faults
        self._lack = step.lack or self._lack
        if step.left:
            self._faults.append(tr("Photos not searched after that: {count}.").format(count=step.left))
        if step.photo is None:
            return
        if not step.people:
            workbench.finding.found_nobody(step.photo.path)
            return
        photo = self._project.photo(step.photo.path)
        if photo.people:  # somebody drew them meanwhile
            return
        people = tuple(person.with_(id=self._project.new_person_id()) for person in step.people)
        self._found += len(people)
        workbench.write(self._label, [(photo, photo.with_(people=people))])
        workbench.project_changed.emit()
        shown = workbench.photo
        if workbench.person is None and shown is not None and shown.path == photo.path:
            self._chosen = _worst(people).id
            workbench.select(self._chosen)

    def _end(self) -> None:
        workbench = self._workbench
        untouched = workbench.history.count() == self._edits
        workbench.remember()
        workbench.finding.set_lack(self._lack)
        workbench.finding.end("find")
        ended_well = not (workbench.job.failed or workbench.job.stopped)
        if ended_well and (workbench.person is None or (untouched and workbench.person_id == self._chosen)):
            workbench.show_first()
        if self._lack:
            if workbench.photo is None or workbench.photo.people:
                self._offer()
        elif self._found or ended_well:
            told = tr("%n people found", "", self._found)
            if self._total == 0:
                told = tr("Every photo has people already.")
            workbench.told.emit("\n".join([told, *self._faults[:FAULTS_TOLD]]))


def _fitting(
    folder: Path, body: "Body", options: FitOptions, device: Device, network: "nn.Module | None"
) -> Then:
    """Guesses and fits the people found in a photo."""

    def then(photo: Photo) -> tuple[Photo, tuple[str, ...]]:
        done = fit_batch(body, [(photo, one) for one in photo.people], folder, options, network, device)
        people = tuple(
            one.with_(fit=done.fits.get(one.id), guess=done.guesses.get(one.id)) for one in photo.people
        )
        return photo.with_(people=people), tuple(done.faults)

    return then


def _worst(people: Sequence[Person]) -> Person:
    """The person with the highest score; without fits, the first."""
    return max(people, key=lambda one: one.fit.score if one.fit is not None else -1.0)


def _download(
    workbench: Workbench, label: str, work: Work, steps: Iterator[Megabytes], then: Callable[[str], None]
) -> None:
    """Run a download as a job. then: called with why it failed, or with "" at its end; not called if it is stopped."""
    finding, job, last = workbench.finding, workbench.downloads, Megabytes(0, 1)

    def take(step: Megabytes) -> None:
        nonlocal last
        last = step
        if work == "install":  # why a download of weights failed is told as the lack of a detector
            finding.add_to_log(step.printed, step.failed)

    def end() -> None:
        finding.end(work)
        if not (job.failed or job.stopped):
            then(last.failed)

    if not job.running:
        finding.begin(work)
    job.start(label, steps, take, end)


def _weights() -> Iterator[Megabytes]:
    return _in_megabytes(lambda: detecting.weights_steps())


def _installation(name: str) -> Iterator[Megabytes]:
    return _in_megabytes(lambda: install_steps(name))


def _in_megabytes(start: "Callable[[], Iterator[Installing] | Iterator[Fetched]]") -> Iterator[Megabytes]:
    """The steps in megabytes. An error is the last step: the card on the photo shows it, and no dialog."""
    last = Megabytes(0, 1)
    try:
        for step in start():
            whole = max(1, round(step.total / MEGABYTE))
            done = whole if step.done >= step.total else min(whole - 1, round(step.done / MEGABYTE))
            last = Megabytes(done, whole, getattr(step, "printed", ""))
            yield last
    except FitloopError as error:
        yield Megabytes(last.done, last.total, failed=str(error))


FINDING = (
    Command("person.detect", QT_TR_NOOP("De&tect in photos without people"), "Ctrl+D", detect, WRITABLE),
    Command(
        "person.install_detector",
        QT_TR_NOOP("Install a detect&or…"),
        "",
        lambda workbench, window, shown: window.offer_detectors(),
    ),
)
