"""SPIN's loop on a batch: which fit stays, what is believed, and what the network is taught."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from core.body.model import load_body
from core.networks.spin import SpinOutput
from core.store.fits.dictionary import VALID_SCORE_PX, FitsDictionary
from tests.core.networks.making import SMALL, network_that_says
from tests.train import making_runs, plain_spin
from train.data.augment import AugmentConfig
from train.data.rotated_body import RotatedBody
from train.methods.spin.config import Config
from train.methods.spin.in_the_loop import Spin, loss, regress, supervise, valid_rows
from train.methods.spin.loss import LossWeights
from train.methods.spin.mean_params import mean_body
from train.methods.spin.refit import Candidates
from train.run.distributed import Processes

PEOPLE = 8
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture
def fits(tmp_path, body):
    """True fits of people who stand all over their photos; nobody is locked."""
    return FitsDictionary.load(making_runs.write_curated(tmp_path, body, PEOPLE))


def spin_of(fits: FitsDictionary, body, **changes) -> Spin:
    return Spin(Config(**changes), body, fits, Processes(0, 1, CPU))


class TestWhatIsBelieved:
    def test_replacing_follows_spins_rule(self, fits):
        """1b.8: strictly lower, and never a locked row."""
        random = np.random.default_rng(0)
        new, old = (torch.from_numpy(random.integers(0, 4, PEOPLE).astype(np.float32)) for _ in range(2))
        fits.locked[:3] = True
        zero = torch.zeros(PEOPLE, 3)
        found = Candidates(
            torch.arange(PEOPLE),
            fits.crop_pose + 0.1,
            fits.betas,
            zero + 40,
            zero,
            torch.ones(PEOPLE),
            new,
            old,
        )
        expected = [bool(n < o) and not lock for n, o, lock in zip(new, old, fits.locked, strict=True)]
        assert found.keep_better(fits).tolist() == expected

    def test_a_fit_is_valid_by_its_threshold_or_as_truth(self, fits, body):
        """1b.11, per visible keypoint: valid = (loss < threshold) | has_smpl."""
        random = np.random.default_rng(1)
        fits.score[:] = torch.from_numpy(random.uniform(0, 30, PEOPLE).astype(np.float32))
        fits.valid_fit[:] = fits.score <= VALID_SCORE_PX
        fits.locked[:] = torch.from_numpy(random.random(PEOPLE) < 0.3)
        rows = torch.arange(PEOPLE)
        for threshold in (20.0, 10.0, 5.0, 0.0):
            spin = spin_of(fits, body, valid_px=threshold)
            plain = [bool(s <= threshold or lock) for s, lock in zip(fits.score, fits.locked, strict=True)]
            assert valid_rows(spin, rows).tolist() == plain

    def test_a_higher_threshold_believes_neither_what_was_rejected_nor_what_few_keypoints_show(
        self, fits, body
    ):
        fits.score[:3] = torch.tensor([15.0, 15.0, 5.0])
        fits.valid_fit[:3] = False  # the first for its score, the third as little was seen
        fits.rejected[1] = True
        believed = valid_rows(spin_of(fits, body, valid_px=20.0), torch.arange(3))
        assert believed.tolist() == [True, False, False]

    def test_a_row_without_a_fit_is_not_believed(self, fits, body):
        fits.score[0], fits.valid_fit[0] = torch.nan, False
        assert not valid_rows(spin_of(fits, body), torch.tensor([0])).any()

    def test_without_fits_only_truth_is_believed(self, fits, body):
        fits.locked[5] = True
        assert valid_rows(spin_of(fits, body, mode="none"), torch.arange(PEOPLE)).nonzero().tolist() == [[5]]

    def test_what_a_human_accepted_is_believed_whatever_its_score(self, fits, body):
        fits.score[2], fits.valid_fit[2] = 50.0, True
        assert not valid_rows(spin_of(fits, body), torch.tensor([2])).any()
        fits.verdict = np.where(np.arange(PEOPLE) == 2, "accepted", fits.verdict)
        assert valid_rows(spin_of(fits, body), torch.tensor([2])).all()


@pytest.mark.slow
class TestStep:
    @pytest.fixture
    def batch(self, fits, tmp_path):
        crops = making_runs.crops_of(fits, tmp_path, AugmentConfig())
        return crops[making_runs.turns(PEOPLE)]

    def step(self, batch, spin):
        network = network_that_says(mean_body(), SMALL)
        return loss(regress(network, batch, spin.config), batch, spin)

    @pytest.mark.parametrize("mode", ["loop", "static", "none"])
    def test_the_loss_of_a_batch_is_the_plain_readings(self, fits, body, batch, mode):
        """Within 1e-5, with the rows as they are after the step: SPIN teaches the fit it has just found."""
        fits.locked[1] = True
        fits.valid_fit[6] = False
        spin = spin_of(fits, body, mode=mode)
        found = self.step(batch, spin)
        mean = mean_body()
        one = SpinOutput(*(part[None] for part in network_that_says(mean, SMALL)(torch.zeros(1, 3, 64, 64))))
        said = [part[0, 0].expand(PEOPLE, *part.shape[2:]).detach() for part in one]
        rows = fits.get(batch.views.indices, batch.views.rotation_deg, batch.views.flipped)
        valid = valid_rows(spin, batch.views.indices).numpy()
        points = RotatedBody.of(body).keypoints(said[0], said[1]).numpy()
        weak = said[2].double().numpy()
        unit = np.array([plain_spin.projected(p, w) for p, w in zip(points.astype(float), weak, strict=True)])
        seen = batch.keypoints_crop.double().numpy()
        seen = np.concatenate([2 * seen[..., :2] / 224 - 1, seen[..., 2:]], axis=2)
        betas = plain_spin.without_extremes(rows.betas.numpy())
        plain = 60 * (
            5 * plain_spin.keypoints_2d(unit, seen, 1.0, 1.0)
            + 1 * plain_spin.pose(said[0].numpy(), rows.pose.numpy().astype(float), valid)
            + 0.001 * plain_spin.betas(said[1].numpy(), betas, valid)
            + plain_spin.camera_prior(weak)
        )
        assert float(found.loss.detach()) == pytest.approx(plain, rel=1e-5)

    def test_a_pose_that_came_without_its_shape_teaches_the_pose_alone(self, fits, body, batch):
        fits.locked[:] = True
        fits.betas[2] = 0.0
        spin = spin_of(fits, body, losses=LossWeights(vertices=1.0))
        rows, network = batch.views.indices, network_that_says(mean_body(), SMALL)
        best = fits.get(rows, batch.views.rotation_deg, batch.views.flipped)
        said = regress(network, batch, spin.config)
        terms = supervise(said, batch, best, valid_rows(spin, rows), spin)
        assert terms["pose"].counts.all()
        for name in ("betas", "vertices"):
            assert (~terms[name].counts).nonzero().tolist() == [[2]]

    def test_only_the_loop_changes_the_dictionary(self, fits, body, batch):
        fits.crop_pose += 0.3
        before = fits.crop_pose.clone()
        for mode in ("static", "none"):
            found = self.step(batch, spin_of(fits, body, mode=mode))
            assert torch.equal(fits.crop_pose, before)
            assert int(found.counts["replaced"]) == 0
        found = self.step(batch, spin_of(fits, body))
        assert int(found.counts["replaced"]) == int((fits.crop_pose != before).any(1).sum()) > 0

    def test_a_correction_teaches_at_once(self, fits, body, batch):
        """What a human locked is the target of the very next step, and its gradient leads there."""
        fits.locked[:] = True
        fits.crop_pose[:, 3:] = 0.05
        spin = spin_of(fits, body)
        spin = replace(
            spin, config=replace(spin.config, losses=LossWeights(keypoints_2d=0.0, camera=0.0, betas=0.0))
        )
        network = network_that_says(mean_body(), SMALL)
        optimizer = torch.optim.Adam([network.decpose.bias], 2e-2)
        values = []
        for _ in range(12):
            optimizer.zero_grad()
            step = loss(regress(network, batch[:1], spin.config), batch[:1], spin)
            step.loss.backward()
            optimizer.step()
            values.append(float(step.loss.detach()))
        assert values[-1] < 0.5 * values[0]
