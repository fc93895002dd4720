"""A lifter's folder, as resources/lifter has it: weights in half precision, and what builds the network."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors.torch import save

from core.files.whole_file import whole_file
from core.networks.lifter.lift import CONFIG, WEIGHTS, network_entry
from core.networks.lifter.network import Lifter


def save_lifter(lifter: Lifter, folder: Path) -> None:
    """Write weights and config; each file is whole or the old one stays."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: (value if name in ("offsets", "offsets_shape", "mean") else value.half()).cpu().contiguous()
        for name, value in lifter.state_dict().items()
    }
    with whole_file(folder / WEIGHTS) as stream:
        stream.write(save(weights))
    write_json(folder / CONFIG, {"network": network_entry(lifter.config)})


def write_json(path: Path, entry: object) -> None:
    """A file of JSON, whole or not at all."""
    with whole_file(path) as stream:
        stream.write((json.dumps(entry, indent=1) + "\n").encode())
