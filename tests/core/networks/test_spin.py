"""The image network is SPIN's: its names, its sums in its order, and where it starts."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from core.errors import CheckpointError
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_rotation6d
from core.networks.resnet import BACKBONES
from core.networks.spin import MeanParams, SpinConfig, SpinNetwork, mean_params, read_mean_params
from tests.core.networks.making import SMALL, network_that_says, random_network, random_weights, spin_shapes

BLOCKS = {"resnet10": (1, 1, 1, 1), "resnet18": (2, 2, 2, 2), "resnet50": (3, 4, 6, 3)}


def plain_spin(
    w: dict[str, Tensor], images: Tensor, blocks: tuple[int, ...], rounds: int
) -> tuple[Tensor, ...]:
    """SPIN's network read from its description and its state dict alone: rotations, betas, camera."""

    def norm(x: Tensor, name: str) -> Tensor:
        shape = (1, -1, 1, 1)
        mean, var = w[f"{name}.running_mean"].view(shape), w[f"{name}.running_var"].view(shape)
        return (x - mean) / (var + 1e-5).sqrt() * w[f"{name}.weight"].view(shape) + w[f"{name}.bias"].view(
            shape
        )

    x = F.relu(norm(F.conv2d(images, w["conv1.weight"], stride=2, padding=3), "bn1"))
    x = F.max_pool2d(x, 3, 2, 1)
    for layer, count in enumerate(blocks, start=1):
        for i in range(count):
            name, stride = f"layer{layer}.{i}", 2 if layer > 1 and i == 0 else 1
            inner, last = x, 3 if f"{name}.conv3.weight" in w else 2
            strided = 2 if last == 3 else 1  # a bottleneck strides in its second convolution
            for number in range(1, last + 1):
                kernel = w[f"{name}.conv{number}.weight"]
                step = stride if number == strided else 1
                inner = F.conv2d(inner, kernel, stride=step, padding=kernel.shape[-1] // 2)
                inner = norm(inner, f"{name}.bn{number}")
                inner = F.relu(inner) if number < last else inner
            if f"{name}.downsample.0.weight" in w:
                x = norm(F.conv2d(x, w[f"{name}.downsample.0.weight"], stride=stride), f"{name}.downsample.1")
            x = F.relu(inner + x)
    features = F.avg_pool2d(x, x.shape[-1]).flatten(1)

    def linear(x: Tensor, name: str) -> Tensor:
        return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]

    batch = len(images)
    pose, shape, camera = (w[f"init_{part}"].repeat(batch, 1) for part in ("pose", "shape", "cam"))
    for _ in range(rounds):
        hidden = linear(linear(torch.cat([features, pose, shape, camera], 1), "fc1"), "fc2")
        pose = pose + linear(hidden, "decpose")
        shape = shape + linear(hidden, "decshape")
        camera = camera + linear(hidden, "deccam")
    columns = pose.view(-1, 3, 2)
    first = F.normalize(columns[:, :, 0])
    second = columns[:, :, 1] - (first * columns[:, :, 1]).sum(1, keepdim=True) * first
    second = F.normalize(second)
    rotations = torch.stack([first, second, torch.linalg.cross(first, second)], dim=2)
    return rotations.view(batch, 24, 3, 3), shape, camera


def images(count: int, size: int = 64) -> Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(3))


def test_the_network_has_exactly_spins_names_and_shapes():
    ours = {name: tuple(value.shape) for name, value in SpinNetwork().state_dict().items()}
    assert ours == spin_shapes()


def test_forward_equals_a_plain_reading_of_spin():
    weights = random_weights(spin_shapes())
    network = SpinNetwork().eval()
    network.load_state_dict(weights)
    pictures = images(2, 224)
    with torch.no_grad():
        answer, plain = network(pictures), plain_spin(weights, pictures, BLOCKS["resnet50"], 3)
    for ours, theirs in zip(answer, plain, strict=True):
        assert theirs.std() > 0.02  # the weights say something
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [1, 2, 3, 5])
def test_each_round_of_feedback_corrects_the_estimates_of_the_round_before(rounds):
    network = random_network(SpinConfig("resnet18", rounds)).double()
    pictures = images(2).double()
    with torch.no_grad():
        answer = network(pictures)
        plain = plain_spin(network.state_dict(), pictures, BLOCKS["resnet18"], rounds)
        fewer = plain_spin(network.state_dict(), pictures, BLOCKS["resnet18"], rounds - 1)
    for ours, theirs, before in zip(answer, plain, fewer, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-9)
        assert (ours - before).abs().max() > 1e-3


def test_six_numbers_are_the_first_two_columns_row_by_row():
    turn = axis_angle_to_matrix(torch.tensor([0.3, -1.1, 0.7]))
    numbers = torch.tensor([turn[0, 0], turn[0, 1], turn[1, 0], turn[1, 1], turn[2, 0], turn[2, 1]])
    network = network_that_says(MeanParams(numbers.repeat(24), torch.zeros(10), torch.tensor([0.9, 0, 0])))
    rotations = network(images(1)).rotations
    torch.testing.assert_close(rotations[0], turn.expand(24, 3, 3), rtol=0, atol=1e-6)


def test_an_untaught_network_begins_close_to_the_mean_body():
    torch.manual_seed(0)
    pose = torch.randn(69) * 0.2
    network = SpinNetwork(SMALL, mean_params(pose)).eval()
    with torch.no_grad():
        rotations, betas, camera = network(torch.zeros(1, 3, 64, 64))
    start = axis_angle_to_matrix(torch.cat([torch.tensor([torch.pi, 0, 0]), pose]).view(24, 3))
    torch.testing.assert_close(rotations[0], start, rtol=0, atol=0.2)
    assert betas.abs().max() < 0.2
    assert abs(camera[0, 0] - 0.9) < 0.2


def test_the_mean_body_stands_upright_in_the_photo_and_faces_the_camera():
    network = network_that_says(mean_params(torch.zeros(69)))
    to_camera = network(images(1)).rotations[0, 0]
    torch.testing.assert_close(to_camera @ torch.tensor([0.0, 1, 0]), torch.tensor([0.0, -1, 0]))  # head up
    torch.testing.assert_close(
        to_camera @ torch.tensor([0.0, 0, 1]), torch.tensor([0.0, 0, -1])
    )  # face to us


def test_spins_mean_parameters_are_read(tmp_path):
    pose = matrix_to_rotation6d(axis_angle_to_matrix(torch.randn(24, 3))).flatten().numpy()
    path = tmp_path / "smpl_mean_params.npz"
    np.savez(path, pose=pose, shape=np.arange(10.0), cam=np.array([0.9, 0.1, 0.2]))
    mean = read_mean_params(path)
    network = SpinNetwork(SMALL, mean)
    np.testing.assert_allclose(network.init_pose[0], pose, atol=1e-6)
    np.testing.assert_allclose(network.init_shape[0], np.arange(10))
    np.testing.assert_allclose(network.init_cam[0], [0.9, 0.1, 0.2], atol=1e-6)


@pytest.mark.parametrize(
    "arrays",
    [
        {"pose": np.zeros(72), "shape": np.zeros(10), "cam": np.zeros(3)},
        {"pose": np.zeros(144), "shape": np.zeros(10)},
        {"pose": np.full(144, np.nan), "shape": np.zeros(10), "cam": np.zeros(3)},
        {"pose": np.array([print] * 144), "shape": np.zeros(10), "cam": np.zeros(3)},
    ],
    ids=["axis-angle", "no camera", "not finite", "objects"],
)
def test_mean_parameters_of_another_form_are_refused(tmp_path, arrays):
    np.savez(tmp_path / "mean.npz", **arrays)
    with pytest.raises(CheckpointError, match=r"mean\.npz: .*144"):
        read_mean_params(tmp_path / "mean.npz")


def test_dropout_is_for_training_only():
    network, picture = random_network(), images(2)
    with torch.no_grad():
        assert torch.equal(network(picture).betas, network(picture).betas)
        network.drop1.train()
        assert not torch.equal(network(picture).betas, network(picture).betas)


def test_half_precision_gives_rotations_and_nearly_the_same_answer():
    network, picture = random_network(), images(2)
    with torch.no_grad():
        exact = network(picture)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = network(picture)
    assert all(value.dtype == torch.float32 for value in half)
    unit = half.rotations @ half.rotations.mT
    torch.testing.assert_close(unit, torch.eye(3).expand_as(unit), rtol=0, atol=1e-5)
    torch.testing.assert_close(half.rotations, exact.rotations, rtol=0, atol=0.1)


@pytest.mark.parametrize(
    "wrong", [{"backbone": "vit"}, {"iterations": 0}, {"iterations": 10**9}, {"body": 3}]
)
def test_a_network_that_cannot_be_built_is_refused_with_what_can(wrong):
    with pytest.raises(CheckpointError, match=r"resnet18, resnet50|1 to 16|fingerprint"):
        SpinConfig(**wrong)


@pytest.mark.parametrize("name", BLOCKS)
def test_every_backbone_learns_from_a_batch(name):
    assert set(BACKBONES) == set(BLOCKS)
    network = SpinNetwork(SpinConfig(name)).train()
    network(images(2)).rotations.square().sum().backward()
    assert all(value.grad is not None for value in network.parameters() if value is not network.deccam.bias)
