"""The network that the guesses of the open project come from: the built-in lifter, or a chosen checkpoint.

Each project has its own. The choice is kept in the window's settings and is loaded on first use.
"""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Signal

from core.errors import CheckpointError
from core.networks.table import KINDS, kind_of
from core.store import Project
from desktop.jobs.files.network_facts import kind_of_run
from desktop.model.document import Document
from desktop.settings import Settings
from desktop.text.translate import tr

if TYPE_CHECKING:
    from torch import nn

Step = TypeVar("Step")
CHECKPOINT = "checkpoint.pt"
RUNS = "runs"  # the folder of a project's training runs
OFFERED = 30  # most runs in the list


class GuessNetwork(QObject):
    """file: the chosen checkpoint, None for the built-in lifter; loaded: its network, once it was used."""

    changed = Signal()

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        self.file: Path | None = None
        self.loaded: nn.Module | None = None
        self._document = document
        self._settings: Settings | None = None
        self._project: Project | None = None
        self._kind: tuple[Path | None, str] = (None, "")  # of a file that is not loaded yet
        self._lock = threading.Lock()
        document.project_changed.connect(self._take_project)

    def keep_in(self, settings: Settings) -> None:
        """Keep later choices in these settings."""
        self._settings = settings

    @property
    def title(self) -> str:
        """The network's name for the user."""
        return title_of(self.file)

    @property
    def sees_trunks(self) -> bool:
        """Whether the trunk's centre is an input of the network: it tells apart the people of one box."""
        if self.loaded is not None:
            return kind_of(self.loaded).shown == "centres"
        if self._kind[0] != self.file:
            self._kind = self.file, kind_of_run(self.file)
        kind = self._kind[1]
        return kind in KINDS and KINDS[kind].shown == "centres"

    def choices(self) -> list[Path | None]:
        """The networks to choose from: the built-in lifter, the project's runs, newest first, and the one in use."""
        project = self._document.project
        runs = [] if project is None else checkpoints_under(project.folder / RUNS)
        if self.file is not None and self.file not in runs:
            runs.insert(0, self.file)
        return [None, *runs]

    def choose(self, file: Path | None, loaded: "nn.Module | None" = None) -> None:
        """Take a checkpoint, or None for the built-in lifter, and keep it for the project. loaded: its network."""
        with self._lock:
            self.file, self.loaded = file, loaded
        if self._settings is not None and self._document.project is not None:
            self._settings.keep_network(self._document.project.path, file)
        words = tr("Guesses of this project now come from: {name}. Fit › Network of the guesses… changes it.")
        self._document.told.emit(words.format(name=self.title))
        self.changed.emit()

    def load(self) -> "nn.Module | None":
        """The network, loaded if it is not yet; None for the built-in lifter. For a job's thread.

        Raises CheckpointError.
        """
        with self._lock:
            if self.loaded is None and self.file is not None:
                self.loaded = _loaded(self.file)
            return self.loaded

    def _take_project(self) -> None:
        """Another project has its own network."""
        project = self._document.project
        if project is self._project:
            return
        self._project, kept = project, None
        if project is not None and self._settings is not None:
            kept = self._settings.network_of(project.path)
        with self._lock:
            self.file, self.loaded = kept, None
        self.changed.emit()


def with_network(
    load: "Callable[[], nn.Module | None]", steps: "Callable[[nn.Module | None], Iterator[Step]]"
) -> Iterator[Step]:
    """Steps of work with a network, which is loaded in the work's own thread. Raises CheckpointError."""
    yield from steps(load())


def title_of(file: Path | None) -> str:
    """A network's name for the user: a run is called like its folder."""
    if file is None:
        return tr("built-in lifter")
    return file.parent.name if file.name == CHECKPOINT else file.name


def checkpoints_under(folder: Path) -> list[Path]:
    """The checkpoints of the runs in a folder, the newest run first."""
    try:
        runs = sorted(folder.iterdir(), key=lambda run: run.name, reverse=True)
    except OSError:
        return []
    return [run / CHECKPOINT for run in runs if (run / CHECKPOINT).is_file()][:OFFERED]


def _loaded(file: Path) -> "nn.Module":
    from core.networks.load import load_network  # here, as it imports torch

    remedy = tr("Choose another network: Fit › Network of the guesses…")
    if not file.exists():
        words = tr("{file}: the network that this project's guesses come from is not there.")
        raise CheckpointError(f"{words.format(file=file)}\n{remedy}")
    try:
        return load_network(file)
    except CheckpointError as error:
        raise CheckpointError(f"{error}\n{remedy}") from error
