"""A run is a folder: config.json, metrics.jsonl, checkpoint.pt, and what its method writes. Window, terminal and
cluster see the same.

checkpoint.pt alone is enough to go on exactly. What a method writes beside it, just before it, is what others read.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from core.errors import CheckpointError, FitloopError
from core.files.lock import WriterLock
from core.files.whole_file import whole_file
from core.networks.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from train.run.method_record import Lesson, RunProgress

CONFIG, CHECKPOINT = "config.json", "checkpoint.pt"


def checkpoint_of(path: Path) -> Path:
    """The checkpoint in a run's folder; any other path is one itself."""
    return path / CHECKPOINT if (path / CHECKPOINT).is_file() else path


@dataclass(eq=False)
class RunFolder:
    """The folder of one run, held by this process alone."""

    path: Path
    _lock: WriterLock | None = None

    @classmethod
    def create(cls, path: Path, config: dict[str, Any]) -> RunFolder:
        """A new run. Raises FitloopError where there is one already or another process is at work."""
        cls.check_new(path)
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FitloopError(f"{path}: cannot be made ({error.strerror}). Choose another --run.") from None
        run = cls._locked(path)
        with whole_file(path / CONFIG) as stream:
            stream.write((json.dumps(config, indent=1) + "\n").encode())
        return run

    @staticmethod
    def check_new(path: Path) -> None:
        """Raises FitloopError where there is a run already."""
        if (path / CONFIG).exists():
            raise FitloopError(
                f"{path}: there is a run already. Go on with --resume, or choose another --run."
            )

    @classmethod
    def reopen(cls, path: Path) -> RunFolder:
        """A run that was stopped. Raises FitloopError where another process is still at work."""
        read_config(path)
        run = cls._locked(path)
        for left in path.glob(f".{CHECKPOINT}.*.tmp"):  # half written by a process that was killed
            left.unlink(missing_ok=True)
        return run

    @classmethod
    def _locked(cls, path: Path) -> RunFolder:
        lock = WriterLock.take(path / "run")
        if lock is None:
            raise FitloopError(
                f"{path}: another process is training in this folder. Stop it, or choose another --run."
            )
        return cls(path, lock)

    def close(self) -> None:
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    @property
    def checkpoint(self) -> Path:
        return self.path / CHECKPOINT

    def save(self, checkpoint: Checkpoint, write: Callable[[Path, int], None]) -> str:
        """Write the method's files and the checkpoint, each whole or not at all. Returns what went wrong, '' when
        nothing did: a full disk must not end a training. The previous checkpoint stays."""
        try:
            write(self.path, checkpoint.step)
            save_checkpoint(self.checkpoint, checkpoint)
        except (OSError, RuntimeError, FitloopError) as error:  # torch tells of a full disk by RuntimeError
            first = (str(error).splitlines() or [type(error).__name__])[0]
            there = self.checkpoint.exists()
            left = "The previous checkpoint is still there" if there else "nothing of it is saved yet"
            return f"{self.path}: could not be saved ({first}). {left}; free some space."
        return ""


def read_config(path: Path) -> dict[str, Any]:
    """A run's config.json: `options` and `config` by name, and more. Raises FitloopError where there is none."""
    try:
        config = json.loads((path / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise FitloopError(
            f"{path}: is no run, as its {CONFIG} cannot be read ({error}). Choose a run's folder."
        ) from None
    if not isinstance(config, dict) or not all(
        isinstance(config.get(n), dict) for n in ("options", "config")
    ):
        raise FitloopError(f"{path / CONFIG}: is no run's config. Choose a run's folder.")
    return config


def loop_state(
    progress: RunProgress, optimizer: torch.optim.Optimizer, config: dict[str, Any]
) -> dict[str, Any]:
    """What the loop needs to go on exactly, for a checkpoint's `loop`."""
    random: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random["cuda"] = torch.cuda.get_rng_state()
    return {
        "epoch": progress.epoch,
        "batch": progress.batch,
        "accumulate": progress.accumulate,
        "seconds": progress.seconds,
        "optimizer": optimizer.state_dict(),
        "random": random,
        "config": config,
    }


def resume(path: Path, lesson: Lesson, config: dict[str, Any]) -> RunProgress:
    """Put everything back as the checkpoint of the run in a folder has it. Raises CheckpointError for one of another
    config."""
    file = path / CHECKPOINT
    checkpoint = read_checkpoint(file)
    loop = checkpoint.loop
    _check_config(file, loop, config)
    try:
        lesson.restore(checkpoint, file)
        lesson.optimizer.load_state_dict(loop["optimizer"])
        torch.set_rng_state(loop["random"]["cpu"])
        if "cuda" in loop["random"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(loop["random"]["cuda"])
        seconds = loop.get("seconds", 0.0)  # not in runs that were begun before it was counted
        return RunProgress(checkpoint.step, loop["epoch"], loop["batch"], loop["accumulate"], seconds)
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{file}: its training state is not complete ({error}). Start a new run from it."
        ) from None


def _check_config(path: Path, loop: dict[str, Any], config: dict[str, Any]) -> None:
    saved = loop.get("config")
    if not isinstance(saved, dict):
        raise CheckpointError(f"{path}: is no checkpoint of a run. Start a new run from it.")
    changed = [name for name in config if saved.get(name) != config[name]]
    differ = [f"{name} {saved.get(name)!r}, now {config[name]!r}" for name in changed]
    if differ:
        raise CheckpointError(
            f"{path}: is of another config: {'; '.join(differ)}. Resume with the run's own, or start a new run from it."
        )
