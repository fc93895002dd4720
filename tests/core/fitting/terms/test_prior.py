"""How likely a pose is: what the mixture says, whose files are read, and what a body cannot do."""

import pickle
import zipfile
from contextlib import suppress
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.tree import joint_index
from core.errors import FitInputError
from core.fitting.prior import PRIOR_FILE, PosePrior, default_prior, load_prior
from core.fitting.terms.hinges import hinges
from core.fitting.terms.limits import beyond_limits
from core.fitting.terms.pose_prior import mixture as mixture_of
from tests.bodies import chumpy_array, python2_pickle, sparse
from tests.core.fitting.making import prior_poses


def mixture(components: int = 3, seed: int = 0) -> dict[str, np.ndarray]:
    """The arrays of gmm_08.pkl, smaller."""
    rng = np.random.default_rng(seed)
    root = rng.normal(0, 0.1, (components, 69, 69))
    weights = rng.uniform(0.5, 1.5, components)
    return {
        "means": rng.normal(0, 0.3, (components, 69)),
        "covars": root @ root.transpose(0, 2, 1) + 0.05 * np.eye(69),
        "weights": weights / weights.sum(),
    }


def likelihood(arrays: dict[str, np.ndarray], pose: np.ndarray) -> np.ndarray:
    """-log of each weighted Gaussian's density (B, C), by numpy's own determinant and solver."""
    columns = []
    for mean, covar, weight in zip(arrays["means"], arrays["covars"], arrays["weights"], strict=True):
        off = pose - mean
        squared = (off * np.linalg.solve(covar, off.T).T).sum(axis=1)
        log_det = np.linalg.slogdet(covar)[1]
        columns.append(0.5 * squared + 0.5 * log_det + 0.5 * 69 * np.log(2 * np.pi) - np.log(weight))
    return np.stack(columns, axis=1)


def npz(path: Path, **arrays: object) -> Path:
    with path.open("wb") as file:
        np.savez(file, **arrays)
    return path


def same(first: PosePrior, second: PosePrior) -> bool:
    fields = PosePrior.__dataclass_fields__
    return all(torch.equal(getattr(first, name), getattr(second, name)) for name in fields)


def random_poses(count: int = 20) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.4, (count, 69))


def test_the_loss_is_that_of_the_likeliest_component_up_to_a_constant(tmp_path):
    arrays, pose = mixture(), random_poses()
    loss = mixture_of(load_prior(npz(tmp_path / "prior.npz", **arrays)), torch.from_numpy(pose)).loss
    off = loss.numpy() - likelihood(arrays, pose).min(axis=1)
    np.testing.assert_allclose(off, off[0], rtol=0, atol=1e-8)


def test_a_soft_mixture_is_the_sum_of_its_components_at_a_temperature(tmp_path):
    arrays, pose = mixture(), random_poses()
    prior = load_prior(npz(tmp_path / "prior.npz", **arrays))
    hard = likelihood(arrays, pose)
    for softness in (1.0, 10.0):
        expected = -softness * np.log(np.exp(-(hard - hard.min()) / softness).sum(axis=1)) + hard.min()
        off = mixture_of(prior, torch.from_numpy(pose), softness).loss.numpy() - expected
        np.testing.assert_allclose(off, off[0], rtol=0, atol=1e-7)
    nearly = mixture_of(prior, torch.from_numpy(pose), 1e-3).loss
    torch.testing.assert_close(nearly, mixture_of(prior, torch.from_numpy(pose)).loss, rtol=0, atol=1e-2)


@pytest.mark.parametrize("softness", [0.0, 1.0, 10.0])
def test_gradient_and_hessian_of_the_mixture_are_autograds(softness):
    prior = load_prior(PRIOR_FILE)
    pose = prior_poses(5).double()
    pull = mixture_of(prior, pose, softness)
    given = pose.clone().requires_grad_()
    mixture_of(prior, given, softness).loss.sum().backward()
    torch.testing.assert_close(
        pull.gradient, given.grad / 2, rtol=0, atol=1e-9 * float(given.grad.abs().max())
    )
    if softness == 0:
        exact = torch.autograd.functional.hessian(lambda one: mixture_of(prior, one[None]).loss[0], pose[0])
        torch.testing.assert_close(pull.hessian[0], exact / 2, rtol=1e-9, atol=1e-9)


def test_limits_cost_the_squared_angle_beyond_them_and_nothing_within():
    prior = load_prior(PRIOR_FILE)
    within = 0.5 * (prior.lower + prior.upper)[None]
    assert beyond_limits(prior, within).loss == 0
    assert not beyond_limits(prior, within).gradient.any()
    beyond = within.clone()
    beyond[0, 3], beyond[0, 7] = prior.upper[3] + 0.2, prior.lower[7] - 0.1
    pull = beyond_limits(prior, beyond)
    torch.testing.assert_close(pull.loss, beyond.new_tensor([0.05]))
    assert pull.gradient.nonzero()[:, 1].tolist() == [3, 7]
    assert pull.gradient[0, 3] > 0 > pull.gradient[0, 7]


@pytest.mark.parametrize("term", ["limits", "hinges"])
def test_gradients_of_limits_and_hinges_are_autograds(term):
    prior = load_prior(PRIOR_FILE)
    pose = 3 * torch.randn(4, 69, generator=torch.Generator().manual_seed(0)).double()
    function = partial(beyond_limits, prior) if term == "limits" else hinges
    given = pose.clone().requires_grad_()
    function(given).loss.sum().backward()
    torch.testing.assert_close(function(pose).gradient, given.grad / 2, rtol=1e-9, atol=1e-9)


BENDS = {  # joint -> (axis, sign of the way it bends)
    "left_knee": (0, 1),
    "right_knee": (0, 1),
    "left_elbow": (1, -1),
    "right_elbow": (1, 1),
}


@pytest.mark.parametrize("joint", BENDS)
def test_a_hinge_bent_backwards_costs_more_than_straight_and_straight_more_than_bent(joint):
    axis, sign = BENDS[joint]
    pose = default_prior(torch.device("cpu"), torch.float64).mean_pose.repeat(3, 1)
    place = 3 * (joint_index(joint) - 1) + axis
    pose[:, place] = sign * torch.tensor([-1.0, 0.0, 0.8])
    backwards, straight, bent = hinges(pose).loss
    assert backwards > 3 * straight > 3 * bent
    beyond = beyond_limits(load_prior(PRIOR_FILE), pose).loss
    assert beyond[0] > 0.5
    assert (beyond[1:] == 0).all()


@pytest.mark.parametrize("joint", BENDS)
def test_nothing_a_body_cannot_do_is_cheap(joint):
    """Backwards by a radian costs more than a keypoint ten times as far off as one minds."""
    axis, sign = BENDS[joint]
    prior = load_prior(PRIOR_FILE)
    pose = prior.mean_pose.repeat(2, 1)
    place = 3 * (joint_index(joint) - 1) + axis
    pose[0, place], pose[1, place] = -1.0 * sign, 0.0
    cost = mixture_of(prior, pose).loss + 10.0**2 * beyond_limits(prior, pose).loss
    assert cost[0] > cost[1] + 50


def test_the_prior_that_ships_limits_every_joint():
    prior = load_prior(PRIOR_FILE)
    assert (prior.lower < 0).all()
    assert (prior.upper > 0).all()
    assert ((prior.upper - prior.lower) < 2 * np.pi).all()


@pytest.mark.parametrize("protocol", [0, 2])
def test_the_classic_pickle_of_python_2_is_read(tmp_path, protocol):
    arrays = mixture()
    (tmp_path / "gmm_03.pkl").write_bytes(python2_pickle(arrays, protocol))
    prior = load_prior(tmp_path / "gmm_03.pkl")
    assert same(prior, load_prior(npz(tmp_path / "same.npz", **arrays)))
    assert beyond_limits(prior, torch.from_numpy(random_poses())).loss.max() == 0, (
        "the classic file knows no limits"
    )


def test_the_classic_pickle_of_python_3_is_read(tmp_path):
    arrays = mixture()
    (tmp_path / "gmm.pkl").write_bytes(pickle.dumps(arrays, protocol=2))
    assert same(load_prior(tmp_path / "gmm.pkl"), load_prior(npz(tmp_path / "same.npz", **arrays)))


def test_limits_in_a_file_are_kept(tmp_path):
    lower, upper = np.full(69, -1.0), np.full(69, 0.5)
    prior = load_prior(npz(tmp_path / "prior.npz", **mixture(), lower=lower, upper=upper))
    np.testing.assert_array_equal(prior.lower, lower)
    np.testing.assert_array_equal(prior.upper, upper)


def refused(path: Path, match: str) -> None:
    with pytest.raises(FitInputError, match=match) as error:
        load_prior(path)
    assert str(path) in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path):
    for name in ("gone.npz", "gone.pkl"):
        refused(tmp_path / name, "cannot be read as a pose prior")
    refused(tmp_path, "cannot be read as a pose prior")


def test_a_file_cut_short_anywhere_is_refused_in_words(tmp_path):
    whole = npz(tmp_path / "whole.npz", **mixture(1)).read_bytes()
    packed = pickle.dumps(mixture(1), protocol=2)
    for share in (0.0, 0.001, 0.1, 0.5, 0.9, 0.999):
        (tmp_path / "cut.npz").write_bytes(whole[: int(share * len(whole))])
        refused(tmp_path / "cut.npz", "cannot be read as a pose prior")
        (tmp_path / "cut.pkl").write_bytes(packed[: int(share * len(packed))])
        refused(tmp_path / "cut.pkl", "cannot be read as a pose prior")


def test_damage_in_the_middle_of_a_packed_file_is_refused_in_words(tmp_path):
    path = tmp_path / "prior.npz"
    np.savez_compressed(path, **mixture(1))
    with zipfile.ZipFile(path) as archive:
        start = archive.getinfo("covars.npy").header_offset
    data = bytearray(path.read_bytes())
    for place in range(start + 200, start + 4000, 7):
        data[place] ^= 0x5A
    path.write_bytes(data)
    refused(path, "cannot be read as a pose prior")


def test_what_is_no_mixture_is_told_what_one_is(tmp_path):
    refused(npz(tmp_path / "p.npz", poses=np.zeros((3, 72))), r"needs means \(C, 69\)")
    (tmp_path / "p.pkl").write_bytes(pickle.dumps([1, 2], protocol=2))
    refused(tmp_path / "p.pkl", r"needs means \(C, 69\)")
    np.save(tmp_path / "alone.npy", np.zeros(69))
    (tmp_path / "alone.npz").write_bytes((tmp_path / "alone.npy").read_bytes())
    refused(tmp_path / "alone.npz", "cannot be read as a pose prior")


def test_a_pickle_that_would_run_something_is_refused(tmp_path):
    (tmp_path / "evil.pkl").write_bytes(b"cos\nsystem\n(S'true'\ntR.")
    refused(tmp_path / "evil.pkl", "system")


WRONG = {
    "poses of 72 numbers": ({"means": np.zeros((3, 72))}, "shapes"),
    "too few covariances": ({"covars": mixture(2)["covars"]}, "shapes"),
    "one weight for all": ({"weights": np.float64(1.0)}, "shapes"),
    "a weight of zero": ({"weights": np.array([0.5, 0.5, 0.0])}, "not positive"),
    "a mean that is no number": ({"means": np.full((3, 69), np.nan)}, "not finite"),
    "an endless covariance": ({"covars": np.full((3, 69, 69), np.inf)}, "not finite"),
    "a covariance of zero": ({"covars": np.zeros((3, 69, 69))}, "not positive definite"),
    "a covariance turned inside out": ({"covars": -mixture()["covars"]}, "not positive definite"),
    "words": ({"weights": np.array(["a", "b", "c"])}, "plain numbers"),
    "limits the wrong way round": ({"lower": np.full(69, 1.0), "upper": np.full(69, -1.0)}, "lower limit"),
    "limits that are no numbers": ({"lower": np.full(69, np.nan)}, "lower limit"),
    "limits of another body": ({"lower": np.zeros(72)}, "shapes"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_mixture_is_refused_in_words(tmp_path, kind):
    changes, match = WRONG[kind]
    refused(npz(tmp_path / "prior.npz", **(mixture() | changes)), match)
    (tmp_path / "prior.pkl").write_bytes(python2_pickle({**mixture(), **changes}))
    refused(tmp_path / "prior.pkl", match)


def test_numbers_kept_in_chumpy_are_read_and_in_a_sparse_matrix_refused_in_words(tmp_path):
    arrays = mixture()
    (tmp_path / "prior.pkl").write_bytes(python2_pickle({**arrays, "means": chumpy_array(arrays["means"])}))
    assert same(load_prior(tmp_path / "prior.pkl"), load_prior(npz(tmp_path / "same.npz", **arrays)))
    (tmp_path / "prior.pkl").write_bytes(python2_pickle({**arrays, "means": sparse(arrays["means"])}))
    refused(tmp_path / "prior.pkl", "plain numbers|shapes")


def test_any_byte_may_be_wrong_and_only_words_come_of_it(tmp_path):
    rng = np.random.default_rng(0)
    whole = npz(tmp_path / "whole.npz", **mixture(1)).read_bytes()
    for _ in range(60):
        data = bytearray(whole)
        place = (
            int(rng.integers(len(data)))
            if rng.random() < 0.3
            else int(rng.choice([*range(150), *range(-400, 0)]))
        )
        data[place] ^= int(rng.integers(1, 256))
        path = tmp_path / "damaged.npz"
        path.write_bytes(data)
        with suppress(FitInputError):  # anything else fails the test
            load_prior(path)


def test_a_huge_claim_is_refused_before_memory_is_asked_for(tmp_path):
    path = npz(tmp_path / "prior.npz", **mixture(1))
    data = path.read_bytes().replace(b"'shape': (1, 69, 69), ", b"'shape': (9999999,69),")
    path.write_bytes(data)
    refused(path, "cannot be read as a pose prior")


def test_the_prior_in_a_fits_precision_is_made_once():
    device = torch.device("cpu")
    assert default_prior(device, torch.float32) is default_prior(device, torch.float32)
    assert default_prior(device, torch.float64).means.dtype == torch.float64
