"""The fit of the selected person: its posed body, a fit that runs to its end, and a fit that follows a drag."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from core.errors import FitInputError, FitloopError
from core.records import Fit, Guess, Person, Photo
from core.wishes import Wish, with_wish
from desktop.jobs.device import CPU, Device
from desktop.jobs.fitting import FitReport, fit_from, fit_steps, flipped_start, follow_steps, refine
from desktop.jobs.guessing import guess_steps
from desktop.jobs.worker import Mailbox, Worker
from desktop.model.document import Document
from desktop.model.guess_network import GuessNetwork, with_network
from desktop.state.joint_turns import turned_as
from desktop.state.person_edits import with_fit
from desktop.state.posed_body import PosedBody, pose_changed, pose_fit
from desktop.state.view import FitOptions
from desktop.text.translate import part, tr

if TYPE_CHECKING:
    from core.body.model import Body


class Fits(QObject):
    """Runs fits of a document's selected person. The document previews and commits the bodies found."""

    body_changed = Signal()
    changed = Signal()  # a fit began or ended, or its options changed

    def __init__(
        self,
        document: Document,
        load: "Callable[[Path | None], Iterator[Body]]",
        on_card: Callable[[], bool] = lambda: True,
    ) -> None:
        """load: steps that load a body; on_card: whether batches may be computed on the graphics card."""
        super().__init__(document)
        self.body: Body | None = None
        self.options = FitOptions()
        self.report: FitReport | None = None  # of the last fit of the selected person
        self._document, self._on_card = document, on_card
        self._posed: PosedBody | None = None
        self._load = load
        self._mailbox: Mailbox[tuple[Photo, Person, FitOptions]] | None = None
        self._resting: tuple[Wish, ...] = ()  # held during a drag, and not the person's own wishes
        self._next: Callable[[], None] | None = None  # called when the running fit ends
        self._loader, self._follower, self._fitter = Worker(self), Worker(self), Worker(self)
        self.body_file: Path | None = None  # of the body in use; None for the open body
        self._loading_file: Path | None = None
        self.network = GuessNetwork(document)  # the guesses come from it
        self._loader.stepped.connect(self._take_body)
        self._follower.stepped.connect(self._take_followed)
        self._fitter.stepped.connect(self._take_step)
        self._fitter.finished.connect(self._finish)
        for worker in (self._loader, self._follower, self._fitter):
            worker.failed.connect(self._refuse)

    # Bodies

    @property
    def loading(self) -> bool:
        """Whether a body is being loaded."""
        return self._loader.running

    def open_body(self, path: Path | None = None) -> None:
        """Load a body in the background; None loads the open body. Until then the current body stays."""
        self._loading_file = path
        self._loader.start(self._load(path), name="load")
        self.changed.emit()

    @property
    def the_body(self) -> "Body":
        """The loaded body, for commands that need BODY."""
        if self.body is None:
            raise LookupError("needs=BODY")
        return self.body

    def device(self) -> Device:
        """The device of a job: the graphics card, if there is one and the user allows it."""
        return Device(self.the_body, None if self._on_card() else CPU)

    @property
    def foreign(self) -> bool:
        """Whether the person's fit is of another body. Its betas are then meaningless for this body."""
        fit = self._document.person.fit if self._document.person is not None else None
        return fit is not None and self.body is not None and fit.body not in ("", self.body.fingerprint)

    def posed(self, photo: Photo, person: Person) -> PosedBody | None:
        """The posed body of the person's fit; None without fit or body. It is cached while it is valid."""
        posed, fit = self._posed, person.fit
        if fit is None or self.body is None:
            return None
        if posed is not None and posed.fit is fit and len(posed.keypoints_px) == len(person.keypoints.xy):
            whole = self._document.previewing or posed.faces is self.body.faces
            if whole and (self._mailbox is not None or posed.keypoints is person.keypoints):
                return posed
        self._posed = pose_fit(self.body, photo, person, fit)
        return self._posed

    # Fits

    @property
    def running(self) -> bool:
        """Whether a fit runs that ends by itself."""
        return self._fitter.running

    @property
    def following(self) -> bool:
        """Whether a fit follows a drag."""
        return self._mailbox is not None

    def set_options(self, options: FitOptions) -> None:
        """Set the options of later fits."""
        self.options = options
        self.changed.emit()

    def fit(self, start: Fit | Guess | None) -> None:
        """Fit the selected person to the end, from `start` or from scratch: one entry of the history."""
        self._document.cancel()
        photo, person = self._document.photo, self._document.person
        if self.body is None or photo is None or person is None:
            return
        self.report = None
        self._fitter.start(fit_steps(self.body, photo, person, start, self.options), name="fit")
        self.changed.emit()

    def guess(self) -> None:
        """Guess a body with the network, else with the lifter, and fit it: one entry of the history."""
        self._document.cancel()
        photo, person = self._document.photo, self._document.person
        if self.body is not None and photo is not None and person is not None:
            self.report = None
            project = self._document.project
            file = project.folder / photo.path if project is not None else None
            given = (self.body, photo, person, self.options)
            steps = partial(guess_steps, *given, file=file, device=self.device())
            self._fitter.start(with_network(self.network.load, steps), name="guess")
            self.changed.emit()

    def when_ended(self, act: Callable[[], None]) -> None:
        """Call `act` once the running fit is committed. It is not called if the fit is stopped or fails."""
        self._next = act

    def take(self, label: str, posed: PosedBody) -> None:
        """Make a body the fit of the selected person: one entry of the history."""
        if self._document.person is not None:
            self._posed = posed
            self._document.apply(label, with_fit(self._document.person, posed.fit))
            self.changed.emit()

    def follow(self, photo: Photo, person: Person, resting: tuple[Wish, ...] = ()) -> None:
        """Fit to these keypoints, and to `resting` until the drag ends. Older waiting requests are dropped."""
        self._end_fit()
        if self.body is None or person.fit is None:
            return
        if self._mailbox is None:
            self._mailbox = Mailbox()
            self._follower.start(follow_steps(self.body, self._mailbox), name="follow")
        self._resting = resting
        self._mailbox.put((photo, person.with_(wishes=(*person.wishes, *resting)), self.options))

    def refined(self, photo: Photo, person: Person) -> Person:
        """A person of the photo with the fit refined to their keypoints. Unchanged without a fit."""
        posed = self._refined(photo, person)
        return person if posed is None else person.with_(fit=posed.fit)

    def refine(self, resting: tuple[Wish, ...] = ()) -> None:
        """Refine the fit of the selected person to their keypoints, before a commit. resting: as for `follow`."""
        photo, person = self._document.photo, self._document.person
        if photo is not None and person is not None:
            posed = self._refined(photo, person.with_(wishes=(*person.wishes, *resting)))
            if posed is not None:
                self._prepare(person, posed)

    def _refined(self, photo: Photo, person: Person) -> PosedBody | None:
        """The refined body. None if the person has no fit or cannot be fitted."""
        if self.body is None or person.fit is None:
            return None
        with suppress(FitInputError):
            return refine(self.body, photo, person, self.options)
        return None

    def flip_depth(self, name: str) -> None:
        """Flip the depth of a limb: one entry of the history."""
        self._document.cancel()
        photo, person = self._document.photo, self._document.person
        if self.body is None or photo is None or person is None or person.fit is None:
            return
        start, wish = flipped_start(self.body, person, name)
        if wish is not None:
            person = person.with_(wishes=with_wish(person.wishes, wish))
        self._prepare(person, fit_from(self.body, photo, person, start, self.options))
        self._document.commit(tr("Flip the depth of {name}").format(name=part(name)))

    def change_by_hand(self, label: str, fit: Fit, done: bool = True, wish: Wish | None = None) -> None:
        """Give the selected person another fit: a preview, and one entry of the history if `done`.

        wish: a constraint of this edit for later fits.
        """
        photo, person = self._document.photo, self._document.person
        if photo is None or person is None:
            return
        wishes = person.wishes if wish is None else with_wish(person.wishes, wish)
        person = person.with_(wishes=turned_as(wishes, fit))
        self._end_fit()
        if self.body is None:
            person = person.with_(fit=fit)
        else:
            self._posed = pose_changed(self.body, photo, person, fit, moving=not done)
            person = with_fit(person, self._posed.fit)
        if done:
            self._document.prepare(person)
            self._document.commit(label)
        else:
            self._document.preview_move(person)

    def forget(self) -> None:
        """Drop the report of the last fit: another person is selected."""
        self.report = None
        self.changed.emit()

    def stop(self) -> None:
        """Stop the running fit and the follower. Their later steps are ignored."""
        self._end_fit()
        self._resting = ()
        if self._mailbox is not None:
            self._mailbox.close()
            self._mailbox = None
            self._follower.close()  # waits for the iterations under way, a few milliseconds

    def end(self, keep: bool) -> bool:
        """Stop as `stop` does. keep: then refine the body that followed a drag. Returns whether a fit ran."""
        ran, following, resting = self.running, self.following, self._resting
        self.stop()
        if keep and following:
            self.refine(resting)
        return ran

    def close(self) -> None:
        """Stop, and wait until no thread is left."""
        self.stop()
        for worker in (self._loader, self._follower, self._fitter):
            worker.close()

    def _end_fit(self) -> None:
        """Stop the running fit. The call that waits for its end is dropped."""
        ran, self._next = self.running, None
        self._fitter.stop()
        if ran:
            self.changed.emit()

    def _prepare(self, person: Person, posed: PosedBody) -> None:
        self._posed = posed
        self._document.prepare(with_fit(person, posed.fit))

    def _take_followed(self, posed: PosedBody) -> None:
        person = self._document.person
        if person is not None and self._mailbox is not None:
            self._posed = posed
            self._document.preview_move(with_fit(person, posed.fit))

    def _take_step(self, report: FitReport) -> None:
        person, before = self._document.person, self.report
        if person is not None:
            self.report = report
            if report.news and before is None:
                self._document.told.emit("\n".join(report.news))
            self._posed = report.posed
            guessed = person.with_(guess=report.guess or person.guess)
            self._document.preview(with_fit(guessed, report.posed.fit))
            self.changed.emit()

    def _finish(self) -> None:
        act = self._next  # kept here: the commit stops the fit and clears `_next`
        self._document.commit(tr("Fit person {id}").format(id=self._document.person_id))
        self.changed.emit()
        if act is not None:
            act()

    def _take_body(self, body: "Body") -> None:
        if body is self.body:
            return
        self.body, self.body_file, self._posed = body, self._loading_file, None
        self.body_changed.emit()
        self.changed.emit()

    def _refuse(self, error: Exception) -> None:
        self._document.cancel()
        self.changed.emit()
        if not isinstance(error, FitloopError):
            raise error  # a bug, not bad input: `desktop.app.last_resort` shows it
        self._document.refused.emit(str(error))
