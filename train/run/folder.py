"""A run is a folder: config.json, metrics.jsonl, checkpoint.pt, fits.npz. Window, terminal and cluster see the same.

checkpoint.pt alone is enough to go on exactly: it holds the dictionary's rows as they are in memory. fits.npz, written
just before it, is what others read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.errors import CheckpointError, FitloopError
from core.files.lock import WriterLock
from core.files.whole_file import whole_file
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint, save_checkpoint
from core.store.fits.dictionary import FitsDictionary

CONFIG, CHECKPOINT, FITS = "config.json", "checkpoint.pt", "fits.npz"
# What a run changes in its dictionary; text, boxes, keypoints and locks stay.
_CHANGING = (
    "photo_pose", "photo_cam_t", "betas", "score", "source", "valid_fit", "crop_pose", "crop_cam_t", "pelvis",
    "replaced",
)  # fmt: skip


def checkpoint_of(path: Path) -> Path:
    """The checkpoint in a run's folder; any other path is one itself."""
    return path / CHECKPOINT if (path / CHECKPOINT).is_file() else path


@dataclass
class RunProgress:
    """Where a run stands: steps done, and the next batch of the epoch. accumulate: parts that a batch is cut into."""

    step: int = 0
    epoch: int = 0
    batch: int = 0
    accumulate: int = 1


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

    @property
    def fits(self) -> Path:
        return self.path / FITS

    def save(self, checkpoint: Checkpoint, fits: FitsDictionary | None) -> str:
        """Write dictionary and checkpoint, each whole or not at all. Returns what went wrong, '' when nothing did:
        a full disk must not end a training, whose previous checkpoint stays."""
        try:
            if fits is not None:
                fits.save(self.fits)
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
    progress: RunProgress,
    optimizer: torch.optim.Optimizer,
    config: dict[str, Any],
    fits: FitsDictionary | None,
) -> dict[str, Any]:
    """What a training needs to go on exactly, for a checkpoint's `loop`."""
    random: dict[str, Any] = {"cpu": torch.get_rng_state()}
    if torch.cuda.is_available():
        random["cuda"] = torch.cuda.get_rng_state()
    rows = {} if fits is None else {name: getattr(fits, name).cpu() for name in _CHANGING}
    return {
        "epoch": progress.epoch,
        "batch": progress.batch,
        "accumulate": progress.accumulate,
        "optimizer": optimizer.state_dict(),
        "random": random,
        "config": config,
        "fits": rows,
    }


def resume(
    run: RunFolder,
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    fits: FitsDictionary | None,
    config: dict[str, Any],
) -> RunProgress:
    """Put everything back as the run's checkpoint has it. Raises CheckpointError for one of another config."""
    checkpoint = read_checkpoint(run.checkpoint)
    _check_config(run.checkpoint, checkpoint.loop, config)
    loop = checkpoint.loop
    load_weights(network, checkpoint.weights, str(run.checkpoint))
    try:
        optimizer.load_state_dict(loop["optimizer"])
        torch.set_rng_state(loop["random"]["cpu"])
        if "cuda" in loop["random"] and torch.cuda.is_available():
            torch.cuda.set_rng_state(loop["random"]["cuda"])
        if fits is not None:
            _put_back(fits, loop["fits"])
        return RunProgress(checkpoint.step, loop["epoch"], loop["batch"], loop["accumulate"])
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise CheckpointError(
            f"{run.checkpoint}: its training state is not complete ({error}). Start a new run with it as --guess."
        ) from None


def _put_back(fits: FitsDictionary, rows: dict[str, Tensor]) -> None:
    for name in _CHANGING:
        here, saved = getattr(fits, name), rows[name]
        if here.shape != saved.shape:
            raise ValueError(f"{len(saved)} rows, where the data now have {len(here)}")
        here.copy_(saved.to(here.device))


def _check_config(path: Path, loop: dict[str, Any], config: dict[str, Any]) -> None:
    saved = loop.get("config")
    if not isinstance(saved, dict):
        raise CheckpointError(f"{path}: is no checkpoint of a run. Start a new run with --guess {path}.")
    changed = [name for name in config if saved.get(name) != config[name]]
    differ = [f"{name} {saved.get(name)!r}, now {config[name]!r}" for name in changed]
    if differ:
        raise CheckpointError(
            f"{path}: is of another config: {'; '.join(differ)}. Resume with the run's own, or start a new run with "
            "--guess and this file."
        )
