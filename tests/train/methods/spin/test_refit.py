"""The fit in the loop: frames, what is fitted, and the one rule that old and new fits are judged by."""

from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from core.body.keypoint_body import BETAS_COLUMNS
from core.body.model import BodyParams, load_body
from core.fitting import fit
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, cam_t_to_weak_camera, full_to_crop, project
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.networks.spin import SpinOutput
from core.store.fits.augmented import augment
from core.store.fits.dictionary import FitsDictionary
from tests.train import making_runs, plain_spin
from train.data.augmented_views import Views
from train.data.compare_fits import LOOP_FIT, Judge, placed
from train.data.rotated_body import LAYOUT
from train.methods.spin import refit as refitting
from train.methods.spin.refit import CropInPhoto, in_photo, refit

PEOPLE = 8
CPU = torch.device("cpu")
# Numbers that Python wants, rows that are counted first, constants that are copied to the GPU.
WAITING = (
    "_local_scalar_dense",
    "nonzero",
    "masked_select",
    "lift_fresh",
    "linalg_solve_ex",
    "cholesky_solve",
)


class Waiting(TorchDispatchMode):
    """Writes down operations for which a processor waits for a GPU, so that they cannot be recorded."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.name()
        masked = name.startswith("aten::index") and any(
            isinstance(part, torch.Tensor) and part.dtype == torch.bool
            for part in (args[1] if isinstance(args[1], (list, tuple)) else ())
        )
        if masked or any(name.startswith(f"aten::{one}") for one in WAITING):
            self.found.append(name)
        return function(*args, **(kwargs or {}))


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture
def fits(tmp_path, body):
    """True fits of people who stand all over their photos; nobody is locked."""
    return FitsDictionary.load(making_runs.write_curated(tmp_path, body, PEOPLE))


def views_of(fits: FitsDictionary, seed: int = 0, still: bool = False) -> Views:
    random = np.random.default_rng(seed)
    count = len(fits)
    turned = torch.from_numpy(random.uniform(-60, 60, count).astype(np.float32)) * (not still)
    flipped = torch.from_numpy(random.random(count) < 0.5) & (not still)
    scale = torch.from_numpy(random.uniform(0.75, 1.25, count).astype(np.float32))
    scale = torch.ones(count) if still else scale
    return Views(torch.arange(count), turned, flipped, scale, fits.keypoints.clone())


def said_of(fits: FitsDictionary, views: Views, body, noise: float = 0.0, seed: int = 0) -> SpinOutput:
    """What a network would say that sees every person as the dictionary has them, but for noise [rad]."""
    rows = views.indices
    draw = torch.Generator().manual_seed(seed)
    pose = fits.pose[rows] + noise * torch.randn(len(rows), 72, generator=draw)
    pelvis = body.rest_pelvis(BodyParams.from_pose(pose, fits.betas[rows], fits.cam_t[rows]))
    frame = (fits.center[rows], 200 * fits.scale[rows], fits.focal_length[rows], fits.camera_center[rows])
    orient, cam_t = full_to_crop(pose[:, :3], fits.cam_t[rows], pelvis, *frame)
    pose = augment(torch.cat([orient, pose[:, 3:]], 1), views.rotation_deg, views.flipped)
    x, y, z = (cam_t + pelvis).unbind(-1)
    angle = torch.deg2rad(-views.rotation_deg)
    x, y = x * angle.cos() - y * angle.sin(), x * angle.sin() + y * angle.cos()
    position = torch.stack([torch.where(views.flipped, -x, x), y, z * views.scale], 1)
    weak_camera = cam_t_to_weak_camera(position - pelvis)
    return SpinOutput(axis_angle_to_matrix(pose.view(-1, 24, 3)), fits.betas[rows].clone(), weak_camera)


def put_in_photo(body, said: SpinOutput, views: Views, fits: FitsDictionary) -> BodyParams:
    frame = CropInPhoto.of(fits, views.indices)
    return in_photo(body, said, views.rotation_deg, views.flipped, views.scale, frame)


def off_px(fits: FitsDictionary, body, rows: torch.Tensor) -> torch.Tensor:
    """Mean distance (B,) of the rows' bodies from their keypoints in the photo, for a person of 200 px."""
    params = BodyParams.from_pose(fits.pose[rows], fits.betas[rows], fits.cam_t[rows], fits.kid[rows])
    xy = project(body.keypoints(params, LAYOUT), fits.focal_length[rows], fits.camera_center[rows])
    size = 1.7 * fits.focal_length[rows] / fits.cam_t[rows, 2]
    return (xy - fits.keypoints[rows, :, :2]).norm(dim=-1).mean(1) * 200 / size


class TestFrames:
    @pytest.mark.parametrize("still", [True, False])
    def test_what_the_network_says_comes_back_into_the_photo(self, fits, body, still):
        """1i: out of the augmented crop, whether turned, mirrored or scaled, and turned by the ray of its middle."""
        views = views_of(fits, still=still)
        found = put_in_photo(body, said_of(fits, views, body), views, fits)
        expected = axis_angle_to_matrix(fits.pose.view(-1, 24, 3))
        angle = geodesic_angle(axis_angle_to_matrix(found.pose.view(-1, 24, 3)), expected)
        assert angle.max() < 2e-3
        assert (found.cam_t - fits.cam_t).abs().max() < 5e-3

    def test_a_weak_camera_that_makes_no_sense_stays_in_front(self, fits, body):
        views = views_of(fits)
        said = said_of(fits, views, body)
        found = put_in_photo(body, said._replace(weak_camera=said.weak_camera * -1), views, fits)
        assert found.cam_t.isfinite().all()
        assert (found.cam_t[:, 2] > 0).all()


class TestRefit:
    def test_a_fit_from_a_rough_guess_lies_on_the_keypoints_in_the_photo(self, fits, body):
        views = views_of(fits)
        said = said_of(fits, views, body, noise=0.15)
        fits.crop_pose += 0.3 * torch.randn(fits.crop_pose.shape, generator=torch.Generator().manual_seed(1))
        found = refit(body, said, views, fits, LOOP_FIT)
        assert (found.score < 3).all()
        assert (found.new_loss < found.old_loss).all()
        assert found.keep_better(fits).all()
        assert (off_px(fits, body, views.indices) < 3).all()

    def test_a_fit_is_not_replaced_by_a_worse_one(self, fits, body):
        """1h.4: judged by SPIN, the least squares camera of the old row loses against the optimised one of the new."""
        views = views_of(fits)
        refit(body, said_of(fits, views, body), views, fits, replace(LOOP_FIT, iterations=20)).keep_better(
            fits
        )
        before = fits.crop_pose.clone()
        hasty = replace(LOOP_FIT, iterations=1, soft_iterations=0)
        assert (
            not refit(body, said_of(fits, views, body, noise=0.3), views, fits, hasty).keep_better(fits).any()
        )
        assert torch.equal(fits.crop_pose, before)

    def test_locked_rows_are_neither_fitted_nor_replaced(self, fits, body, monkeypatch):
        """1h.6: SPIN fits people whose truth it knows, and writes them too."""
        fitted = []
        original = refitting.fit

        def counting(body, keypoints, *rest):
            fitted.append(len(keypoints))
            return original(body, keypoints, *rest)

        monkeypatch.setattr(refitting, "fit", counting)
        fits.locked[[1, 4]] = True
        before = fits.arrays()
        views = views_of(fits)
        found = refit(body, said_of(fits, views, body, noise=0.1), views, fits, LOOP_FIT)
        assert fitted == [PEOPLE - 2]
        assert found.new_loss[[1, 4]].isinf().all()
        assert not found.keep_better(fits)[[1, 4]].any()
        after = fits.arrays()
        for name in ("pose", "betas", "cam_t", "score", "keypoints"):
            assert after[name][[1, 4]].tobytes() == before[name][[1, 4]].tobytes()
        fits.locked[:] = True
        refit(body, said_of(fits, views, body), views, fits, LOOP_FIT)
        assert len(fitted) == 1

    def test_keypoints_are_left_as_they_are(self, fits, body):
        """1h.1."""
        views = views_of(fits)
        before = views.keypoints.clone()
        refit(body, said_of(fits, views, body), views, fits, LOOP_FIT)
        assert torch.equal(views.keypoints, before)

    def test_people_with_openpose_alone_are_fitted(self, fits, body):
        """1h.2: SPIN's camera needs the annotated joints, and is singular without."""
        views = views_of(fits)
        views.keypoints[:, 25:] = 0
        found = refit(body, said_of(fits, views, body, noise=0.1), views, fits, LOOP_FIT)
        assert found.new_loss.isfinite().all()
        assert (found.score < 3).all()

    def test_who_shows_nothing_keeps_the_row_and_harms_nobody(self, fits, body):
        views = views_of(fits)
        views.keypoints[2, :, 2] = 0
        found = refit(body, said_of(fits, views, body, noise=0.1), views, fits, LOOP_FIT)
        assert found.new_loss[2].isinf()
        assert found.new_loss[[0, 1, 3]].isfinite().all()
        assert not found.keep_better(fits)[2]

    def test_a_fit_with_an_extreme_beta_does_not_enter_the_dictionary(self, fits, body, monkeypatch):
        """1h.6: SPIN keeps it, and teaches the mean shape in its place."""
        original = refitting.fit

        def stretched(*arguments):
            for step in original(*arguments):
                unknowns = step.unknowns.clone()
                unknowns[3, BETAS_COLUMNS][7] = 3.2
                yield SimpleNamespace(unknowns=unknowns, weak=step.weak)

        monkeypatch.setattr(refitting, "fit", stretched)
        fits.score[:] = torch.nan  # an empty dictionary takes whatever is finite
        views = views_of(fits)
        replaced = refit(body, said_of(fits, views, body), views, fits, LOOP_FIT).keep_better(fits)
        assert replaced.tolist() == [True] * 3 + [False] + [True] * 4

    def test_a_moved_keypoint_moves_the_fit_by_less_than_a_pixel(self, fits, body):
        """1h.5: an edit of a tenth of a pixel is not lost."""
        views = views_of(fits, still=True)
        said = said_of(fits, views, body)
        first = refit(body, said, views, fits, replace(LOOP_FIT, iterations=12))
        views.keypoints[:, [4, 31], 0] += 0.1
        second = refit(body, said, views, fits, replace(LOOP_FIT, iterations=12))
        assert ((second.pose - first.pose).abs().amax(1) > 1e-5).all()

    def test_nothing_before_and_after_a_fit_waits_for_a_gpu(self, fits, body, monkeypatch):
        """Or it could not be recorded, and its operations started one by one would take longer than the fit."""
        views, waiting = views_of(fits), Waiting()

        def watched(work):
            def watch(*parts):
                with waiting:
                    return work(*parts)

            return watch

        monkeypatch.setattr(refitting, "Rowwise", watched)
        refitting._around_the_fit.cache_clear()
        for _ in range(2):  # the first time constants are made, to be kept
            waiting.found.clear()
            found = refit(body, said_of(fits, views, body, noise=0.1), views, fits, LOOP_FIT)
        refitting._around_the_fit.cache_clear()
        assert found.new_loss.isfinite().all()
        assert waiting.found == []

    @pytest.mark.slow
    def test_what_is_before_and_after_a_fit_is_one_whole_for_a_compiler(self, fits, body, monkeypatch):
        """Or it could not be fused for a GPU. The compiler only reads it here."""
        views = views_of(fits)
        said = said_of(fits, views, body, noise=0.1)
        expected = refit(body, said, views, fits, LOOP_FIT)
        whole = partial(torch.compile, fullgraph=True, backend="eager")
        monkeypatch.setattr(refitting, "Rowwise", whole)
        refitting._around_the_fit.cache_clear()
        found = refit(body, said, views, fits, LOOP_FIT)
        refitting._around_the_fit.cache_clear()
        torch.testing.assert_close(found.new_loss, expected.new_loss)


class TestJudge:
    def judge(self, fits, body, **changes) -> Judge:
        from core.body.keypoint_body import KeypointBody
        from core.fitting.prior import default_prior

        config = replace(LOOP_FIT, **changes)
        collapsed = KeypointBody.from_body(body, LAYOUT)
        return Judge(
            collapsed,
            default_prior(CPU, torch.float32),
            fits.keypoints,
            fits.focal_length,
            fits.camera_center,
            config,
        )

    def test_it_is_spins_objective_with_the_priors_counted(self, fits, body):
        """Within 1e-5 of a plain sum, for bodies where least squares put them."""
        from core.fitting.terms.hinges import hinges
        from core.fitting.terms.pose_prior import mixture

        judge = self.judge(fits, body, normalise=False)
        draw = torch.Generator().manual_seed(3)
        params = replace(
            BodyParams.from_pose(fits.pose, fits.betas, fits.cam_t),
            body_pose=fits.pose[:, 3:] + 0.2 * torch.randn(PEOPLE, 69, generator=draw),
        )
        moved = judge.place(params)
        xy = project(body.keypoints(moved, LAYOUT), fits.focal_length, fits.camera_center).numpy()
        seen = fits.keypoints.numpy()
        likely, elbows = mixture(judge.prior, params.body_pose).loss, hinges(params.body_pose).loss
        for person, value in enumerate(judge(params).tolist()):
            data = sum(
                seen[person, k, 2] ** 2 * plain_spin.robust(xy[person, k, axis] - seen[person, k, axis])
                for k in range(49)
                for axis in range(2)
            )
            priors = 4.78**2 * float(likely[person]) + 15.2**2 * float(elbows[person])
            priors += 5**2 * float((params.betas[person] ** 2).sum())
            assert value == pytest.approx((data + priors) / (seen[person, :, 2] ** 2).sum(), rel=1e-4)

    def test_it_says_of_a_body_what_a_fits_objective_says_there(self, fits, body):
        """Term by term, with every term that has a weight; a fit that takes no step reports where it begins."""
        weights = {"normalise": False, "limits": 10.0, "upright": 5.0, "kid": 2.0}
        judge = self.judge(fits, body, **weights)
        draw = torch.Generator().manual_seed(5)
        pose = fits.pose + 0.4 * torch.randn(fits.pose.shape, generator=draw)
        kid = torch.linspace(-0.5, 1.5, PEOPLE)
        params = judge.place(BodyParams.from_pose(pose, fits.betas, fits.cam_t, kid))
        still = replace(judge.config, iterations=0, soft_iterations=0, free_kid=True)
        photo = (fits.keypoints, LAYOUT, fits.focal_length, fits.camera_center)
        *_, step = fit(body, *photo, guess=params, config=still)
        said = dict(zip(step.loss_by_term, judge.loss_by_term(params).unbind(dim=1), strict=True))
        heard = {name for name, loss in said.items() if loss.abs().max() > 0}
        assert heard == {"keypoints", "pose_prior", "hinges", "limits", "upright", "shape"}
        for name, loss in step.loss_by_term.items():
            torch.testing.assert_close(said[name], loss, rtol=1e-4, atol=1e-3)
        per_keypoint = step.loss / fits.keypoints[..., 2].square().sum(dim=1)
        torch.testing.assert_close(judge(params), per_keypoint, rtol=1e-3, atol=1e-3)

    def test_old_and_new_are_seen_by_the_same_camera_rule(self, fits, body):
        """1h.4: where a body stood before says nothing of how good it is."""
        judge = self.judge(fits, body)
        here = BodyParams.from_pose(fits.pose, fits.betas, fits.cam_t)
        there = replace(here, cam_t=here.cam_t + torch.tensor([0.3, -0.2, 1.0]))
        torch.testing.assert_close(judge(here), judge(there))

    def test_its_camera_is_that_of_weighted_least_squares(self, fits, body):
        """Of 1b.4, where nothing is out of line: the crop's camera, exact keypoints, all confidences one."""
        points = body.keypoints(BodyParams.from_pose(fits.pose, fits.betas, 0 * fits.cam_t), LAYOUT)
        cam_t = torch.tensor([[0.1, -0.2, 45.0]]).expand(PEOPLE, 3)
        focal, center = torch.full((PEOPLE,), CROP_FOCAL_LENGTH), torch.full((PEOPLE, 2), CROP_SIZE / 2)
        xy = project(points + cam_t[:, None], focal, center)
        keypoints = torch.cat([xy, torch.ones(PEOPLE, 49, 1)], 2)
        shape = fits.betas.numpy(), fits.kid.numpy()
        found, score = placed(
            body, fits.pose.numpy(), *shape, keypoints.numpy(), focal.numpy(), center.numpy()
        )
        for person in range(PEOPLE):
            plain = plain_spin.least_squares_camera(
                points[person].numpy(), keypoints[person].double().numpy()
            )
            assert found[person] == pytest.approx(plain, abs=0.05)  # 45 m away, a millimetre a metre
        assert (score < 0.1).all()

    def test_one_mislabelled_shoulder_does_not_move_its_camera(self, fits, body):
        """1h.9: SPIN's camera stage counts it as much as the other three points."""
        judge = self.judge(fits, body)
        true = BodyParams.from_pose(fits.pose, fits.betas, fits.cam_t)
        wrong = judge.keypoints.clone()
        wrong[:, 33, :2] += 80.0
        moved = replace(judge, keypoints=wrong).place(true)
        assert (moved.cam_t - fits.cam_t).abs().max() < 0.15  # m, of four; it is off by half the photo
        wrong[:, 33, 2] = 0.0
        assert (replace(judge, keypoints=wrong).place(true).cam_t - fits.cam_t).abs().max() < 0.01

    def test_a_contorted_body_loses_though_its_keypoints_are_nearer(self, fits, body):
        """1h.4: SPIN accepts by the keypoints alone."""
        judge = self.judge(fits, body)
        true = BodyParams.from_pose(fits.pose, fits.betas, fits.cam_t)
        contorted = replace(true, body_pose=true.body_pose.clone())
        contorted.body_pose[:, 3 * 19 : 3 * 19 + 3] += torch.tensor(
            [2.5, 0.0, 0.0]
        )  # wrists twisted about themselves
        assert (judge(contorted) > judge(true)).all()

    def test_it_does_not_reward_missing_keypoints(self, fits, body):
        """1h.3: the same distance is the same loss, whether 12 points or 44 are seen."""
        few = replace(LOOP_FIT, pose_prior=0.0, hinges=0.0, betas=0.0)
        judge = self.judge(fits, body, pose_prior=0.0, hinges=0.0, betas=0.0)
        judge.keypoints[..., 0] += 8.0 * (torch.arange(49) % 2 * 2 - 1)
        some = judge.keypoints.clone()
        some[:, 12:40, 2] = 0
        params = BodyParams.from_pose(fits.pose, fits.betas, fits.cam_t)
        sparse = replace(judge, keypoints=some, config=few)
        assert float((sparse(params) / judge(params)).mean()) == pytest.approx(1.0, abs=0.25)
