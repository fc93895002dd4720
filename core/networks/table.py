"""The table of networks: one row a kind. The window's guesses, `train.evaluate` and `--guess` of `train.fits` read it.

A new kind is one file with its config, its network and, where calling the network is not enough, its `forward`, and one
row here. The network's class has its `kind`; its `config.body` is the fingerprint of the body whose betas it predicts.
Rows name classes and functions whose modules are imported when they are first called.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from core.compute.late import Late
from core.guesses import TEACHER

if TYPE_CHECKING:
    from torch import nn

    from core.networks.checkpoint import Checkpoint

Shown = Literal["crop", "keypoints", "centres"]
SPIN, LIFTER, OCHMR = "spin", "lifter", "ochmr"
UNNAMED = SPIN  # kind of a file that names none, such as SPIN's public checkpoint
SHIPPED = LIFTER  # the default network
TEACHER_FILE = "teacher.safetensors"  # of PoseNet3D, beside the checkpoint of its run
LIFTER_FOLDER = Path(__file__).parents[2] / "resources" / "lifter"


def config_of(checkpoint: Checkpoint, where: str) -> dict[str, Any]:
    """The config in a checkpoint."""
    return checkpoint.config


def called(network: nn.Module, *shown: Any) -> Any:
    """The network's own return value."""
    return network(*shown)


@dataclass(frozen=True)
class NetworkKind:
    """One kind of network. kind: its name in checkpoints and guesses.

    config: the class of its config, which raises CheckpointError for what cannot be built; config_in(checkpoint,
    where): the values that make one; build(config): a network of random weights.

    shown: the kind of input, and the result of forward(network, …). Of crops (B, 3, 224, 224), normalised as
    ImageNet's: a SpinOutput in the crop's frame. "centres": of crops and centres (B, 8, 2) [px of the crop] of trunks
    in the photo, the person's own first, then the nearest, NaN for nobody: the same. "keypoints": of body, keypoints
    (B, K, 3), layout, focal_length (B,), camera_center (B, 2) [px]: a LifterGuess in the photo's frame.

    stretched: each crop's contrast goes from 0 to 255 (`core.geometry.image.contrast_table`), as SPIN's own code shows
    crops to its network.

    from_folder(path, device): a network in a folder, where one may lie there; shipped: the one that comes with the
    program.
    """

    kind: str
    shown: Shown
    config: Callable[..., Any]
    build: Callable[[Any], nn.Module]
    forward: Callable[..., Any] = called
    config_in: Callable[[Checkpoint, str], dict[str, Any]] = config_of
    stretched: bool = False
    from_folder: Callable[..., nn.Module] | None = None
    shipped: Path | None = None


def _late(module: str, name: str) -> Late:
    return Late(f"core.networks.{module}", name)


_ROWS = (
    NetworkKind(
        SPIN,
        "crop",
        config=_late("spin", "SpinConfig"),
        build=_late("spin", "build"),
        config_in=_late("spin", "config_in"),
        stretched=True,
    ),
    NetworkKind(
        LIFTER,
        "keypoints",
        config=_late("lifter.network", "LifterConfig"),
        build=_late("lifter.network", "Lifter"),
        forward=_late("lifter.lift", "lift"),
        from_folder=_late("lifter.lift", "load_lifter"),
        shipped=LIFTER_FOLDER,
    ),
    NetworkKind(
        OCHMR,
        "centres",
        config=_late("ochmr", "OchmrConfig"),
        build=_late("ochmr", "build"),
        config_in=_late("ochmr", "config_in"),
        stretched=True,
    ),
)
KINDS = {row.kind: row for row in _ROWS}


def kind_of(network: nn.Module) -> NetworkKind:
    """The row of a network."""
    return KINDS[str(network.kind)]


def body_of_betas(network: nn.Module) -> str:
    """The fingerprint of the body whose betas a network predicts."""
    config: Any = network.config
    return str(config.body)


def sees_keypoints_alone(kind: str) -> bool:
    """True if guesses of this kind come from keypoints; those of other programs' networks come from photos."""
    return kind == TEACHER or (kind in KINDS and KINDS[kind].shown == "keypoints")
