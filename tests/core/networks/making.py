"""Image networks, files of weights, people and pixels made up for tests."""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.body.keypoints import layout
from core.networks.spin import MeanParams, SpinConfig, SpinNetwork
from core.records import BBox, Guess, Keypoints, Person

LAYOUT = "coco17"
SMALL = SpinConfig(backbone="resnet18")


def spin_shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of SPIN's public checkpoint, put together as its documentation lists them."""
    shapes: dict[str, tuple[int, ...]] = {"conv1.weight": (64, 3, 7, 7), **_norm("bn1", 64)}
    channels = 64
    for layer, (blocks, width) in enumerate(zip((3, 4, 6, 3), (64, 128, 256, 512), strict=True), start=1):
        for i in range(blocks):
            block = f"layer{layer}.{i}"
            sizes = ((width, channels, 1, 1), (width, width, 3, 3), (4 * width, width, 1, 1))
            for number, size in enumerate(sizes, start=1):
                shapes[f"{block}.conv{number}.weight"] = size
                shapes |= _norm(f"{block}.bn{number}", size[0])
            if i == 0:
                shapes[f"{block}.downsample.0.weight"] = (4 * width, channels, 1, 1)
                shapes |= _norm(f"{block}.downsample.1", 4 * width)
            channels = 4 * width
    for name, rows, columns in (
        ("fc1", 1024, 2205), ("fc2", 1024, 1024), ("decpose", 144, 1024), ("decshape", 10, 1024), ("deccam", 3, 1024)
    ):  # fmt: skip
        shapes |= {f"{name}.weight": (rows, columns), f"{name}.bias": (rows,)}
    return shapes | {"init_pose": (1, 144), "init_shape": (1, 10), "init_cam": (1, 3)}


def _norm(name: str, size: int) -> dict[str, tuple[int, ...]]:
    parts = ("weight", "bias", "running_mean", "running_var")
    return {f"{name}.{part}": (size,) for part in parts} | {f"{name}.num_batches_tracked": ()}


def random_weights(shapes: dict[str, tuple[int, ...]], seed: int = 0) -> dict[str, Tensor]:
    """Weights under which signals neither vanish nor grow, with batch norms that have learned something."""
    draw = torch.Generator().manual_seed(seed)
    weights = {}
    for name, shape in shapes.items():
        part = name.rsplit(".", 1)[-1]
        if part == "num_batches_tracked":
            weights[name] = torch.tensor(7)
        elif part == "running_var" or (len(shape) == 1 and part == "weight"):
            weights[name] = 0.5 + torch.rand(shape, generator=draw)
        elif len(shape) > 1:
            gain = (2.0 / torch.Size(shape[1:]).numel()) ** 0.5
            weights[name] = torch.randn(shape, generator=draw) * (1.0 if name.startswith("init") else gain)
        else:
            weights[name] = 0.1 * torch.randn(shape, generator=draw)
        if "bn3.weight" in name:
            weights[name] *= 0.3
        if name.startswith("dec"):
            weights[name] *= 0.03
    return weights


def random_network(config: SpinConfig = SMALL, seed: int = 0) -> SpinNetwork:
    """A network with such weights, in evaluation mode."""
    network = SpinNetwork(config)
    shapes = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    network.load_state_dict(random_weights(shapes, seed))
    return network.eval()


def network_that_says(mean: MeanParams, config: SpinConfig = SMALL) -> SpinNetwork:
    """A network that gives the same answer whatever it sees."""
    network = SpinNetwork(config, mean).eval()
    for last in (network.decpose, network.decshape, network.deccam):
        torch.nn.init.zeros_(last.weight)
        torch.nn.init.zeros_(last.bias)
    return network


def few_weights() -> dict[str, Tensor]:
    return {"fc1.weight": torch.arange(12.0).view(3, 4), "fc1.bias": torch.ones(3)}


def saved(path: Path, contents: object, zipped: bool = True) -> Path:
    torch.save(contents, path, _use_new_zipfile_serialization=zipped)
    return path


def noise(height: int = 480, width: int = 640) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


def person(
    number: int = 1, center: tuple[float, float] = (320, 240), side: float = 200.0, seen: bool = True
) -> Person:
    """Someone whose keypoints all lie close to the middle of the bbox."""
    k = layout(LAYOUT).k
    xy = np.array(center) + np.random.default_rng(number).normal(0, 20, (k, 2))
    return Person(number, BBox(np.array(center), side / 200), Keypoints(LAYOUT, xy, np.full(k, float(seen))))


def assert_same(first: Guess, second: Guess, tolerance: float = 1e-4) -> None:
    for name in ("pose", "betas", "cam_t"):
        np.testing.assert_allclose(getattr(first, name), getattr(second, name), rtol=1e-3, atol=tolerance)
