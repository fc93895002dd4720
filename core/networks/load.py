"""Load networks of any kind, from a checkpoint, a folder, or by the name of a shipped one."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from core.errors import CheckpointError
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint
from core.networks.table import KINDS, UNNAMED, kind_of


def place_of(name: str | Path) -> Path:
    """Path of a network: of the shipped one for a kind's name; any other name is a path itself."""
    row = KINDS.get(str(name))
    return Path(name) if row is None or row.shipped is None else row.shipped


def load_network(path: Path, device: torch.device | str = "cpu") -> nn.Module:
    """The network of a checkpoint file or of a folder, ready to guess. Raises CheckpointError."""
    if path.is_dir():
        for row in KINDS.values():
            if row.from_folder is not None:
                return row.from_folder(path, device)
    return network_of(read_checkpoint(path), str(path)).to(device)


def network_of(checkpoint: Checkpoint, where: str) -> nn.Module:
    """The network of a checkpoint that has been read, in evaluation mode; where: its file, for the errors.

    Raises CheckpointError saying which parameters are missing, extra or of another shape.
    """
    row = KINDS.get(checkpoint.network or UNNAMED)
    if row is None:
        known = ", ".join(KINDS)
        raise CheckpointError(
            f"{where}: holds a network of kind {checkpoint.network!r}, and the kinds that are known are {known}."
        )
    values = row.config_in(checkpoint, where)
    try:
        network = row.build(row.config(**values))
    except (TypeError, ValueError, LookupError) as error:
        raise CheckpointError(f"{where}: its config {values} cannot be built ({error}).") from None
    load_weights(network, checkpoint.weights, where)
    return network.eval()


def load_keypoints_network(path: Path, device: torch.device | str = "cpu") -> nn.Module:
    """As `load_network`, for work without photos. Raises CheckpointError for a network that sees photos."""
    network = load_network(path, device)
    row = kind_of(network)
    if row.shown != "keypoints":
        raise CheckpointError(
            f"{path}: is a network of kind {row.kind!r}, which sees photos, and here it has keypoints alone. "
            "Choose one that guesses from keypoints, such as lifter."
        )
    return network
