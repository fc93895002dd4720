"""The fits dictionary reads and writes rows as SPIN does, and keeps the better fit."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.errors import FitsError
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, full_to_crop
from core.store.fits.augmented import RowsInCrop
from core.store.fits.columns import SOURCES
from core.store.fits.dictionary import FitsDictionary
from core.store.fits.from_photos import fits_of_photos
from tests.core.store.fits.making_fits import (
    angles,
    random_augmentation,
    random_fits,
    spin_get,
    spin_set,
)
from tests.core.store.making import BODY, random_fit, random_person, random_photo

ALL = torch.arange(1000)


def better(pose: torch.Tensor, betas: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    """An objective by which every new fit is better: the first half of what it is given."""
    return (torch.arange(len(pose)) >= len(pose) // 2).float()


class Written:
    """A batch of new fits for some rows, ready for keep_better."""

    def __init__(
        self, random: np.random.Generator, indices: list[int] | torch.Tensor, augmented: bool = True
    ):
        self.indices = torch.as_tensor(indices)
        count = len(self.indices)
        fits = random_fits(random, count)
        self.pose, self.betas = fits.pose, fits.betas
        self.rotation_deg, self.flipped = random_augmentation(random, count)
        if not augmented:
            self.rotation_deg, self.flipped = torch.zeros(count), torch.zeros(count, dtype=torch.bool)
        self.cam_t = torch.from_numpy(random.normal((0, 0, 45), 0.2, (count, 3)).astype(np.float32))
        self.pelvis = torch.from_numpy(random.normal((0, 0.3, 0), 0.01, (count, 3)).astype(np.float32))
        self.score = torch.full((count,), 2.0)

    def to(self, fits: FitsDictionary, objective) -> torch.Tensor:
        return fits.keep_better(
            self.indices,
            self.rotation_deg,
            self.flipped,
            self.pose,
            self.betas,
            self.cam_t,
            self.pelvis,
            self.score,
            objective,
        )


def by_batch(new: list[float], old: float = 1.0):
    """An objective that gives these losses to the new fits and `old` to the rows."""
    return lambda pose, betas, indices: torch.tensor([*new, *[old] * len(new)])


def upright(fits: FitsDictionary, indices: torch.Tensor) -> RowsInCrop:
    return fits.get(indices, torch.zeros(len(indices)), torch.zeros(len(indices), dtype=torch.bool))


class TestFrames:
    def test_a_row_is_read_as_spin_reads_it(self, random):
        fits = random_fits(random, 1000, off_axis=False)
        rotation_deg, flipped = random_augmentation(random, 1000)
        rows = fits.get(ALL, rotation_deg, flipped)
        plain = [spin_get(*row) for row in zip(fits.pose.numpy(), rotation_deg.numpy(), flipped, strict=True)]
        assert angles(rows.pose.numpy(), np.array(plain)).max() < 1e-5
        assert torch.equal(rows.betas, fits.betas)

    def test_a_row_is_written_as_spin_writes_it(self, random):
        fits = random_fits(random, 1000, off_axis=False)
        new = Written(random, ALL)
        assert new.to(fits, better).all()
        rows = zip(new.pose.numpy(), new.rotation_deg.numpy(), new.flipped, strict=True)
        plain = [spin_set(*row) for row in rows]
        assert angles(fits.pose.numpy(), np.array(plain)).max() < 1e-5
        assert torch.equal(fits.betas, new.betas)

    def test_what_was_written_is_read_again_with_the_same_augmentation(self, random):
        fits = random_fits(random, 1000)
        new = Written(random, ALL)
        new.to(fits, better)
        rows = fits.get(ALL, new.rotation_deg, new.flipped)
        assert angles(rows.pose.numpy(), new.pose.numpy()).max() < 1e-5

    def test_a_person_off_the_axis_is_read_as_the_crop_sees_them(self, random):
        fits = random_fits(random, 1000)
        pelvis = torch.zeros(1000, 3)
        place = (fits.center, 200 * fits.scale, fits.focal_length, fits.camera_center)
        orient, _ = full_to_crop(fits.pose[:, :3], fits.cam_t, pelvis, *place)
        rows = upright(fits, ALL)
        assert angles(rows.pose.numpy(), torch.cat([orient, fits.pose[:, 3:]], 1).numpy()).max() < 1e-5
        assert angles(rows.pose.numpy(), fits.pose.numpy())[:, 0].max() > 0.3

    def test_a_fit_of_the_augmented_crop_comes_back_into_the_photo(self, random):
        """Within 0.1 degrees and 1 mm, for a body that was put into the crop, turned and mirrored."""
        truth = random_fits(random, 1000)
        names = ("center", "scale", "focal_length", "camera_center")
        fits = random_fits(random, 1000, **{name: getattr(truth, name).numpy() for name in names})
        new = Written(random, ALL)
        place = (truth.center, 200 * truth.scale, truth.focal_length, truth.camera_center)
        depth = truth.cam_t[:, 2:] + new.pelvis[:, 2:]
        across = (truth.center - truth.camera_center) / truth.focal_length[:, None] * depth
        truth.cam_t[:, :2] = across - new.pelvis[:, :2] + 0.2 * truth.cam_t[:, :2]
        _, cam_t = full_to_crop(truth.pose[:, :3], truth.cam_t, new.pelvis, *place)
        new.pose = truth.get(ALL, new.rotation_deg, new.flipped).pose
        new.cam_t = _augmented(cam_t + new.pelvis, new.rotation_deg, new.flipped) - new.pelvis
        new.to(fits, better)
        assert np.rad2deg(angles(fits.pose.numpy(), truth.pose.numpy())).max() < 0.1
        assert (fits.cam_t - truth.cam_t).abs().max() < 1e-3

    def test_the_pelvis_of_an_augmented_crop_is_where_the_crop_shows_it(self, random):
        """A pelvis at (+x, 0) of a crop that was turned by 90 degrees was below or above the middle before."""
        fits = random_fits(random, 1, off_axis=False)
        new = Written(random, [0])
        new.rotation_deg, new.flipped = torch.tensor([90.0]), torch.tensor([False])
        new.cam_t = torch.tensor([[0.5, 0.0, 40.0]]) - new.pelvis
        new.to(fits, better)
        position = fits.cam_t[0] + new.pelvis[0]
        pixel = position[:2] / position[2] * fits.focal_length[0] + fits.camera_center[0] - fits.center[0]
        expected = 0.5 / 40 * CROP_FOCAL_LENGTH / CROP_SIZE * 200 * float(fits.scale[0])
        assert pixel[0].abs() < 1e-2
        assert float(pixel[1]) == pytest.approx(expected, rel=1e-4)


def _augmented(position: torch.Tensor, rotation_deg: torch.Tensor, flipped: torch.Tensor) -> torch.Tensor:
    angle = torch.deg2rad(-rotation_deg)
    x = position[:, 0] * angle.cos() - position[:, 1] * angle.sin()
    y = position[:, 0] * angle.sin() + position[:, 1] * angle.cos()
    return torch.stack([torch.where(flipped, -x, x), y, position[:, 2]], 1)


class TestKeepBetter:
    def test_only_a_strictly_lower_objective_replaces_a_row(self, random):
        fits = random_fits(random, 3)
        before = fits.pose.clone()
        replaced = Written(random, [0, 1, 2]).to(fits, by_batch([0.5, 1.0, 1.5]))
        assert replaced.tolist() == [True, False, False]
        assert not torch.equal(fits.pose[0], before[0])
        assert torch.equal(fits.pose[1:], before[1:])
        assert [SOURCES[code] for code in fits.source] == ["fit", "fit", "fit"]
        assert fits.score[0] == 2.0

    def test_old_and_new_are_judged_in_one_call_upright_and_in_the_crop(self, random):
        fits = random_fits(random, 4)
        new = Written(random, [2, 0])
        seen = []

        def objective(pose, betas, indices):
            seen.append((pose, betas, indices))
            return torch.arange(4.0)

        old = upright(fits, torch.tensor([2, 0]))
        new.to(fits, objective)
        ((pose, betas, indices),) = seen
        rows = zip(new.pose.numpy(), new.rotation_deg.numpy(), new.flipped, strict=True)
        assert angles(pose[:2].numpy(), np.array([spin_set(*row) for row in rows])).max() < 1e-5
        assert angles(pose[2:].numpy(), old.pose.numpy()).max() < 1e-5
        assert torch.equal(betas[:2], new.betas)
        assert indices.tolist() == [2, 0, 2, 0]

    @pytest.mark.slow
    def test_a_locked_row_survives_ten_thousand_better_fits_bit_for_bit(self, random):
        locked = np.array([False, True, False])
        fits = random_fits(random, 3, locked=locked)
        before = {name: array[1].tobytes() for name, array in fits.arrays().items() if array.shape}
        new = Written(random, [1])
        for _ in range(10_000):
            assert not new.to(fits, better)
        assert {name: array[1].tobytes() for name, array in fits.arrays().items() if array.shape} == before

    def test_a_fit_that_is_not_finite_replaces_nothing(self, random):
        fits = random_fits(random, 4)
        before = fits.pose.clone()
        new = Written(random, [0, 1, 2, 3])
        new.pose[0, 5] = torch.nan
        new.betas[1, 0] = torch.inf
        new.cam_t[2, 1] = torch.nan
        assert not new.to(fits, by_batch([0.1, 0.1, 0.1, float("nan")])).any()
        assert torch.equal(fits.pose, before)

    def test_a_row_without_a_fit_takes_the_first_one(self, random):
        fits = random_fits(random, 2, score=np.array([np.nan, 3], np.float32))
        assert Written(random, [0, 1]).to(fits, by_batch([9.0, 9.0])).tolist() == [True, False]

    def test_of_two_fits_for_one_row_the_better_is_kept(self, random):
        fits = random_fits(random, 3)
        new = Written(random, [1, 0, 1, 1], augmented=False)
        assert new.to(fits, by_batch([0.5, 2.0, 0.1, 0.3])).tolist() == [False, False, True, False]
        assert torch.equal(fits.betas[1], new.betas[2])

    def test_a_good_new_fit_is_valid_unless_a_human_rejected_the_person(self, random):
        verdict = np.array(["todo", "rejected", "todo"])
        fits = random_fits(random, 3, verdict=verdict, valid_fit=np.zeros(3, bool))
        new = Written(random, [0, 1, 2])
        new.score[2] = 50.0
        new.to(fits, better)
        assert fits.valid_fit.tolist() == [True, False, False]

    def test_fits_of_a_network_leave_no_gradients_behind(self, random):
        fits = random_fits(random, 3)
        new = Written(random, [0, 1])
        new.pose, new.betas = new.pose.double().requires_grad_(), new.betas.double().requires_grad_()
        assert new.to(fits, better).all()
        assert (fits.pose.requires_grad, fits.betas.requires_grad) == (False, False)

    def test_what_was_replaced_is_in_the_file_and_all_else_is_there_bit_for_bit(self, random, tmp_path):
        fits = random_fits(random, 6)
        before = fits.pose.clone()
        new = Written(random, [4, 1])
        new.to(fits, better)
        fits.save(tmp_path / "curated.npz")
        again = FitsDictionary.load(tmp_path / "curated.npz")
        rows = again.get(new.indices, new.rotation_deg, new.flipped)
        assert angles(rows.pose.numpy(), new.pose.numpy()).max() < 1e-5
        assert torch.equal(again.pose[[0, 2, 3, 5]], before[[0, 2, 3, 5]])

    def test_an_empty_batch_is_fine(self, random):
        assert Written(random, torch.zeros(0, dtype=torch.long)).to(random_fits(random, 2), better).shape == (
            0,
        )


class TestFromTheProject:
    def test_each_person_is_a_row_with_their_corrected_keypoints(self, random):
        photo = random_photo(random, "a.jpg", 0, focal_length=800.0)
        people = (
            random_person(random, 1, verdict="accepted", locked=True, fit=random_fit(random, score=40.0)),
            random_person(random, 2, verdict="rejected", fit=random_fit(random, score=1.0)),
            random_person(random, 3, fit=random_fit(random, score=1.0, weak=True)),
            random_person(random, 4, fit=random_fit(random, score=1.0)),
            random_person(random, 5, fit=None),
        )
        fits = fits_of_photos([photo.with_(people=people)], BODY)
        assert fits.valid_fit.tolist() == [True, False, False, True, False]
        assert fits.locked.tolist() == [True, False, False, False, False]
        assert fits.verdict.tolist() == ["accepted", "rejected", "todo", "todo", "todo"]
        assert fits.score.isnan().tolist() == [False] * 4 + [True]
        assert np.array_equal(fits.pose[0].numpy(), people[0].fit.pose)
        assert np.array_equal(fits.keypoints[3, :25].numpy(), people[3].keypoints.array)
        assert fits.focal_length[4] == 800.0
        assert fits.camera_center[4].tolist() == [320, 240]

    @pytest.mark.parametrize(("verdict", "valid"), [("todo", True), ("rejected", False)])
    def test_locked_truth_of_a_data_set_is_valid_though_nobody_scored_it(self, random, verdict, valid):
        truth = replace(random_fit(random), score=math.nan, source="curated", weak=True)
        person = random_person(random, 1).with_(fit=truth, locked=valid, verdict=verdict)
        fits = fits_of_photos([random_photo(random, "a.png", 0).with_(people=(person,))], BODY)
        assert fits.valid_fit.tolist() == [valid]

    def test_nobody_gives_a_dictionary_without_rows(self):
        assert len(fits_of_photos([], BODY)) == 0

    def test_betas_of_two_bodies_never_mix(self, random):
        photo = random_photo(random, "a.jpg").with_person(
            random_person(random, 7, fit=random_fit(random, body="anny 99"))
        )
        with pytest.raises(FitsError, match=rf"a.jpg, person 7.*'anny 99'.*'{BODY}'"):
            fits_of_photos([photo], BODY)


def test_rows_of_another_data_set_are_refused(random):
    fits = random_fits(random, 4)
    fits.check_images(fits.imgname, "data.npz")
    for written in ("./{}", "/data/{}", ".\\{}"):
        fits.check_images(np.array([written.format(name) for name in fits.imgname]), "data.npz")
    with pytest.raises(FitsError, match=r"data\.npz has 3 rows, but the fits have 4"):
        fits.check_images(fits.imgname[:3], "data.npz")
    with pytest.raises(FitsError, match=r"data\.npz, row 0: its image is 'photos/000001.jpg'"):
        fits.check_images(fits.imgname[::-1], "data.npz")


class TestUnusableNumbers:
    """What a body's arithmetic cannot hold never enters a dictionary, so that each one that is saved can be read."""

    def offered(self, random: np.random.Generator, **changes) -> tuple[FitsDictionary, torch.Tensor]:
        fits = random_fits(random, 20)
        for name, value in changes.items():
            if hasattr(fits, name) and name != "score":
                getattr(fits, name)[3] = value
        new = Written(random, [2, 3, 4])
        if "score" in changes:
            new.score[1] = changes["score"]
        if "position" in changes:
            new.cam_t[1] = torch.tensor(changes["position"])
        if "betas_of_fit" in changes:
            new.betas[1] = changes["betas_of_fit"]
        return fits, new.to(fits, better)

    @pytest.mark.parametrize(
        "changes",
        [
            {"scale": 1e-30},
            {"scale": 1e-38},
            {"focal_length": 3e38},
            {"position": [0.0, 0.0, 3e38]},
            {"position": [3e38, 0.0, 40.0]},
            {"position": [0.0, 0.0, -5.0]},
            {"position": [0.0, 0.0, math.nan]},
            {"score": math.nan},
            {"score": math.inf},
            {"score": -math.inf},
            {"betas_of_fit": 3e38},
        ],
    )
    def test_a_fit_with_such_a_number_replaces_nothing_and_the_others_do(self, random, tmp_path, changes):
        fits, replaced = self.offered(random, **changes)
        assert replaced.tolist() == [True, False, True]
        if not {"scale", "focal_length"} & changes.keys():  # such a row cannot have come out of a file
            fits.save(tmp_path / "fits.npz")
            assert len(FitsDictionary.load(tmp_path / "fits.npz")) == 20

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("scale", 1e-30),
            ("scale", 1e9),
            ("cam_t", 3e38),
            ("focal_length", 1e-20),
            ("betas", 1e30),
            ("center", 1e20),
        ],
    )
    def test_such_a_number_is_neither_written_nor_read(self, random, tmp_path, name, value):
        fits = random_fits(random, 5)
        fits.save(tmp_path / "fits.npz")
        before = (tmp_path / "fits.npz").read_bytes()
        getattr(fits, "photo_cam_t" if name == "cam_t" else name)[3] = value
        with pytest.raises(FitsError, match=rf"is not written, {name}, row 3"):
            fits.save(tmp_path / "fits.npz")
        assert (tmp_path / "fits.npz").read_bytes() == before
        with pytest.raises(FitsError, match=rf"{name}, row 3"):
            FitsDictionary.from_arrays(fits.arrays())
