"""A teacher's file: its weights, those of the density of 2D points if it had one, and the values that build both."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from core.errors import CheckpointError, FitloopError
from core.guesses import TEACHER
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint, save_checkpoint
from core.networks.table import TEACHER_FILE
from core.networks.teacher.pose_density import DensityConfig, PoseDensity
from core.networks.teacher.teacher import Teacher, TeacherConfig


@dataclass(frozen=True, eq=False)
class TaughtTeacher:
    """A teacher, and the density that it learned by; None where it learned by a discriminator."""

    teacher: Teacher
    density: PoseDensity | None


def save_teacher(path: Path, taught: TaughtTeacher, step: int) -> None:
    """Write the file, whole or not at all."""
    parts = _parts(taught)
    weights = {
        f"{part}.{name}": value
        for part, network in parts.items()
        for name, value in network.state_dict().items()
    }
    config = {part: asdict(network.config) for part, network in parts.items()}
    save_checkpoint(path, Checkpoint(TEACHER, config, weights, step))


def load_teacher(path: Path, device: torch.device | str = "cpu") -> TaughtTeacher:
    """The teacher of a file, or of a run's folder. Raises CheckpointError."""
    file = path / TEACHER_FILE if path.is_dir() else path
    checkpoint = read_checkpoint(file)
    try:
        teacher = Teacher(TeacherConfig(**checkpoint.config["teacher"]))
        entry = checkpoint.config.get("density")
        density = None if entry is None else PoseDensity(DensityConfig(**entry))
    except (KeyError, TypeError, ValueError, FitloopError) as error:
        raise CheckpointError(
            f"{file}: is no teacher of train.posenet3d ({error}). Choose the folder of such a run."
        ) from None
    taught = TaughtTeacher(teacher, density)
    for part, network in _parts(taught).items():
        own = {
            name.removeprefix(f"{part}."): value
            for name, value in checkpoint.weights.items()
            if name.startswith(f"{part}.")
        }
        load_weights(network, own, str(file))
        network.to(device).eval()
    return taught


def _parts(taught: TaughtTeacher) -> dict[str, Teacher | PoseDensity]:
    parts: dict[str, Teacher | PoseDensity] = {"teacher": taught.teacher}
    if taught.density is not None:
        parts["density"] = taught.density
    return parts
