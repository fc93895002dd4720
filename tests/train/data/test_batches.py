"""Who is trained on, in which order, and what of a data set reaches the dictionary."""

import itertools
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from core.body.keypoints import layout
from core.body.model import BodyParams, body_from_arrays, load_body
from core.errors import FitsError, ReadError
from core.formats.bodies import spin
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, project
from core.geometry.image import image_size
from core.geometry.rotation import axis_angle_to_matrix, geodesic_angle
from core.store.fits.dictionary import FitsDictionary
from tests.benchmarks.shared.people import smpl_sized
from tests.train import making_runs
from train.data.augment import AugmentConfig
from train.data.batches import Batch, Crops, RowTurn, Share, Turns, batches_of, load_batches
from train.data.epoch_order import Order
from train.data.photos_present import present
from train.data.rotated_body import LAYOUT
from train.data.samples import Samples, each_once, read_dataset, samples_of_fits
from train.data.sources import SourceOptions, read_sources

PEOPLE = 6
HALVES = (0.0, 1.0)
CAMERAS = {"global_t": np.tile([0.5, 0.1, 4.0], (PEOPLE, 1)), "focal_l": np.full(PEOPLE, 300.0)}


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture
def dataset(tmp_path, body):
    return making_runs.write_dataset(tmp_path / "data", body, PEOPLE)


@pytest.fixture
def curated(tmp_path, body):
    return making_runs.write_curated(tmp_path / "project", body, PEOPLE, locked=(2,))


def sources(body, **options):
    return read_sources(SourceOptions(**options), body, HALVES, seed=0)


def epoch_of(order: Order, epoch: int, batch: int, share: Share = Share()) -> list[list[RowTurn]]:  # noqa: B008
    return list(itertools.islice(Turns(order, epoch, 0, batch, share), batches_of(order, batch)))


def batches(
    crops: Crops, count: int, epoch: int = 0, first: int = 0, batch: int = 2, workers: int = 0
) -> list[Batch]:
    loaded = load_batches(crops, Turns(crops.order, epoch, first, batch, Share()), workers)
    return list(itertools.islice(loaded, count))


class TestOrder:
    def test_every_person_of_one_data_set_comes_once_an_epoch_in_an_order_of_its_own(self):
        order = Order(np.arange(50), np.array(["project"] * 50), seed=1)
        assert sorted(order.epoch(0)) == list(range(50))
        assert order.epoch(0).tolist() == order.epoch(0).tolist()
        assert order.epoch(0).tolist() != order.epoch(1).tolist()

    def test_data_sets_are_drawn_in_spins_proportions(self):
        sizes = {"h36m": 30_000, "lsp-orig": 1000, "coco": 20_000, "mpii": 9000, "mpi-inf-3dhp": 5000}
        names = np.repeat(list(sizes), list(sizes.values()))
        order = Order(np.arange(len(names)), names, seed=2)
        assert order.length == 30_000
        drawn = names[order.epoch(0)]
        shares = {name: float((drawn == name).mean()) for name in sizes}
        expected = {"h36m": 0.3, "lsp-orig": 0.02, "coco": 0.4, "mpii": 0.18, "mpi-inf-3dhp": 0.1}
        assert shares == pytest.approx(expected, abs=0.01)

    def test_without_some_of_spins_data_sets_the_others_share(self):
        names = np.repeat(["h36m", "project"], [100, 4000])
        drawn = names[Order(np.arange(4100), names, 0).epoch(0)]
        assert (drawn == "h36m").mean() == pytest.approx(1 / 3, abs=0.03)

    def test_processes_share_a_batch_without_overlap(self):
        order = Order(np.arange(40), np.array(["a"] * 40), seed=0)
        whole = [[turn.row for turn in turns] for turns in epoch_of(order, 3, 8)]
        parts = [
            [[t.row for t in turns] for turns in epoch_of(order, 3, 8, Share(rank, 2))] for rank in (0, 1)
        ]
        assert [first + second for first, second in zip(*parts, strict=True)] == whole
        assert len(whole) == batches_of(order, 8) == 5

    def test_fewer_people_than_a_batch_fill_it(self):
        order = Order(np.arange(3), np.array(["a"] * 3), seed=0)
        (turns,) = epoch_of(order, 0, 8)
        assert {turn.row for turn in turns} == {0, 1, 2}
        assert len({turn.place for turn in turns}) == 8


class TestBatches:
    @pytest.mark.slow
    def test_a_batch_is_the_same_with_any_number_of_workers(self, curated):
        crops = making_runs.crops_of(FitsDictionary.load(curated), curated.parent, AugmentConfig())
        alone, shared = batches(crops, 3), batches(crops, 3, workers=2)
        for one, other in zip(alone, shared, strict=True):
            assert torch.equal(one.images, other.images)
            assert torch.equal(one.views.rotation_deg, other.views.rotation_deg)

    @pytest.mark.slow
    def test_no_two_places_share_a_random_stream(self, curated):
        """SPIN's workers all draw the same augmentations."""
        crops = making_runs.crops_of(
            FitsDictionary.load(curated), curated.parent, AugmentConfig(still=0.0, rotation_deg=20.0)
        )
        drawn = [batch.views.rotation_deg for batch in batches(crops, 6, workers=2)]
        assert len(torch.cat(drawn).unique()) == 2 * PEOPLE

    def test_an_epoch_goes_on_in_its_middle(self, curated):
        crops = making_runs.crops_of(FitsDictionary.load(curated), curated.parent, AugmentConfig())
        whole, rest = batches(crops, 4, epoch=4), batches(crops, 3, epoch=4, first=1)
        assert [batch.views.indices.tolist() for batch in rest] == [
            b.views.indices.tolist() for b in whole[1:]
        ]
        assert torch.equal(rest[0].images, whole[1].images)

    @pytest.mark.parametrize("share", [0.5, 2.0])
    def test_a_photo_that_was_resized_is_cropped_where_its_people_are(self, curated, share):
        own = sources(load_body(), fits=curated)
        crops = Crops(own.samples, own.order, None)
        file = Path(str(own.samples.photo[0]))
        width, height = image_size(file)
        across = np.linspace(0, 255, width).astype(np.uint8)[
            None, :, None
        ]  # a ramp looks the same in any size
        cv2.imwrite(str(file), np.broadcast_to(across, (height, width, 3)))
        before = crops[[RowTurn(0, 0, 0)]].images.float()
        size = int(width * share), int(height * share)
        cv2.imwrite(str(file), cv2.resize(cv2.imread(str(file)), size, interpolation=cv2.INTER_AREA))
        after = crops[[RowTurn(0, 0, 0)]]
        assert after.unreadable == ()
        assert (after.images.float() - before).abs().mean() < 2

    def test_a_photo_of_another_shape_gives_its_place_to_another(self, curated):
        own = sources(load_body(), fits=curated)
        file = Path(str(own.samples.photo[1]))
        width, height = image_size(file)
        cv2.imwrite(str(file), cv2.resize(cv2.imread(str(file)), (width, height + 40)))
        batch = Crops(own.samples, own.order, None)[[RowTurn(0, 0, 1)]]
        assert (
            f"is {width} × {height + 40} px, but its people were marked in {width} × {height} px"
            in batch.unreadable[0]
        )

    def test_a_box_beside_a_photo_of_unknown_size_teaches_nothing(self, dataset, body):
        own = sources(body, data=(("made-up", dataset),))
        samples = replace(own.samples, center=own.samples.center.copy())
        samples.center[1] += 10_000
        batch = Crops(samples, own.order, None)[[RowTurn(0, 0, 1)]]
        assert "the box of a person lies beside it" in batch.unreadable[0]

    def test_a_photo_that_cannot_be_read_gives_its_place_to_another(self, curated):
        (curated.parent / "images/001.png").write_bytes(b"no picture")
        crops = making_runs.crops_of(FitsDictionary.load(curated), curated.parent)
        batch = crops[making_runs.turns(3)]
        assert batch.views.indices.tolist() == [0, 2, 2]
        assert len(batch.unreadable) == 1
        assert "001.png" in batch.unreadable[0]

    @pytest.mark.slow
    @pytest.mark.parametrize("workers", [0, 2])
    def test_a_folder_of_broken_photos_is_one_line_whoever_reads_it(self, curated, workers):
        for path in (curated.parent / "images").iterdir():
            path.write_bytes(b"no picture")
        crops = making_runs.crops_of(FitsDictionary.load(curated), curated.parent)
        with pytest.raises(FitsError, match=r"^6 photos in a row cannot be read.*\.png: .*$") as told:
            batches(crops, 1, workers=workers)
        assert "\n" not in str(told.value)


class TestDatasets:
    def test_truth_becomes_locked_rows_that_lie_over_their_keypoints(self, dataset, body):
        samples, fits = read_dataset("coco", dataset, dataset.parent, body, HALVES)
        assert fits.locked.all()
        assert (
            fits.score < 4
        ).all()  # the photos are of a wide angle, and a crop's camera has no perspective
        params = BodyParams.from_pose(fits.pose, fits.betas, fits.cam_t)
        xy = project(body.keypoints(params, LAYOUT), fits.focal_length, fits.camera_center)
        side = 200 * fits.scale
        off = (xy - torch.from_numpy(samples.keypoints[..., :2])).norm(dim=-1).mean(1) * CROP_SIZE / side
        assert off.max() < 4  # px of the crop: what perspective itself costs a crop's camera

    def test_a_childs_truth_is_the_child(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, kid=0.8)
        samples, fits = read_dataset("coco", path, tmp_path, body, HALVES)
        params = BodyParams.from_pose(fits.crop_pose, fits.betas, torch.zeros(PEOPLE, 3), fits.kid)
        joints = body.keypoints(params, LAYOUT)[:, 25:]
        off = joints - joints[:, 14:15] - torch.from_numpy(samples.joints[..., :3])
        assert off.norm(dim=-1).max() < 1e-3
        assert (fits.score < 4).all()

    def test_read_into_a_project_a_child_of_the_open_body_stays_one_and_lies_over_its_keypoints(
        self, tmp_path, body
    ):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, kid=0.8)
        for photo in spin.read(path).photos:
            (person,), shape = photo.people, np.load(path)["shape"]
            fit = person.fit
            assert (fit.body, round(fit.kid, 6)) == (body.fingerprint, 0.8)
            np.testing.assert_allclose(fit.betas, shape[person.id], atol=1e-6)
            values = fit.pose, fit.betas, fit.cam_t, np.float32(fit.kid)
            params = BodyParams.from_pose(*(torch.from_numpy(np.array(value))[None] for value in values))
            center = torch.from_numpy(fit.camera_center.copy())[None].float()
            xy = project(body.keypoints(params, LAYOUT), torch.tensor([fit.focal_length]), center)[0].numpy()
            off = np.linalg.norm(xy - person.keypoints.xy, axis=1) / person.bbox.side
            assert np.median(off) < 0.03  # what a crop's camera costs

    def test_a_child_that_is_no_number_or_that_a_body_cannot_be_is_told_with_its_row(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE)
        adults_only = body_from_arrays(replace(body.arrays, kid_direction=None))
        for number, other, words in (
            (np.nan, body, "kid, row 3: a number is not finite"),
            (0.5, adults_only, "kid, row 3: .* has no child direction"),
        ):
            kid = np.zeros(PEOPLE)
            kid[3] = number
            np.savez(path, **{**np.load(path), "kid": kid})
            with pytest.raises(ReadError, match=words):
                read_dataset("coco", path, tmp_path, other, HALVES)

    @pytest.mark.parametrize("named", [None, "smpl-neutral", "0123456789abcdef"])
    def test_of_another_bodys_truth_the_pose_teaches_and_the_shape_does_not(self, tmp_path, body, named):
        """SPIN's own files name no body, and are of SMPL."""
        other = None if named is None else np.array(named)
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, kid=0.8, body=other)
        _, fits = read_dataset("coco", path, tmp_path, body, HALVES)
        with np.load(path) as file:
            np.testing.assert_allclose(fits.crop_pose.numpy(), file["pose"], atol=1e-5)
        assert fits.locked.all()
        assert not fits.betas.any()
        assert not fits.kid.any()
        told = sources(body, data=(("coco", path),)).notices[0]
        assert f"{path}: its betas are of body '{named or 'smpl-neutral'}', not of '{body.name}'" in told
        assert "--body" in told
        np.savez(path, **{**np.load(path), "has_smpl": np.zeros(PEOPLE)})
        assert "its betas" not in sources(body, data=(("coco", path),)).notices[0]  # nobody has any

    def test_of_smpls_male_and_female_bodies_the_pose_teaches_and_the_shape_does_not(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE)
        genders = np.array(["m", "f", *["n"] * (PEOPLE - 2)])
        np.savez(path, **{**np.load(path), "gender": genders})
        found = sources(body, data=(("coco", path),))
        assert found.fits.locked.all()
        assert found.fits.betas.any(dim=1).tolist() == [False, False, *[True] * (PEOPLE - 2)]
        assert f"{path}: 2 people are of SMPL's male or female body" in found.notices[0]

    def test_spins_files_are_of_smpls_mesh(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, body=None)
        found = sources(smpl_sized(body), data=(("coco", path),))
        assert found.fits.betas.any(dim=1).all()
        assert not any("its betas" in notice for notice in found.notices)

    def test_a_body_that_is_no_name_is_told(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, body=np.zeros(PEOPLE))
        with pytest.raises(ReadError, match=r"people\.npz, body: it must be one text"):
            read_dataset("coco", path, tmp_path, body, HALVES)

    def test_its_rows_are_in_the_camera_of_their_own_crop(self, dataset, body):
        _, fits = read_dataset("coco", dataset, dataset.parent, body, HALVES)
        with np.load(dataset) as file:
            np.testing.assert_allclose(fits.crop_pose.numpy(), file["pose"], atol=1e-5)
        expected = CROP_FOCAL_LENGTH * 200 * fits.scale / CROP_SIZE
        torch.testing.assert_close(fits.focal_length, expected)

    def test_poses_with_a_camera_come_in_the_frame_of_the_crop_unless_asked_as_they_are(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, **CAMERAS)
        samples, fits = read_dataset("coco", path, tmp_path, body, HALVES)
        _, raw = read_dataset("coco", path, tmp_path, body, HALVES, turned=False)
        with np.load(path) as file:
            pose = file["pose"]
        np.testing.assert_allclose(raw.crop_pose.numpy(), pose, atol=1e-5)
        np.testing.assert_allclose(fits.crop_pose.numpy()[:, 3:], pose[:, 3:], atol=1e-5)
        turns = [axis_angle_to_matrix(one.crop_pose[:, :3].double()) for one in (fits, raw)]
        width, height = image_size(samples.photo[0])
        away = np.linalg.norm(samples.center - [width / 2, height / 2], axis=1)
        np.testing.assert_allclose(geodesic_angle(*turns).numpy(), np.arctan(away / 300.0), atol=1e-4)
        assert away.min() > 1

    def test_without_truth_its_rows_are_empty(self, dataset, body):
        samples, fits = read_dataset("coco", dataset, dataset.parent, body, HALVES, truth=False)
        assert not fits.locked.any()
        assert fits.score.isnan().all()
        assert not samples.has_joints.any()

    def test_has_smpl_says_whose_parameters_are_truth(self, tmp_path, body):
        has = np.array([1, 0, 1, 0, 0, 1])
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, has_smpl=has)
        _, fits = read_dataset("coco", path, tmp_path, body, HALVES)
        assert fits.locked.tolist() == (has > 0).tolist()

    def test_a_number_that_is_not_finite_is_told_with_its_row(self, tmp_path, body):
        joints = np.zeros((PEOPLE, 24, 4), np.float32)
        joints[4, 3, 1] = np.nan
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, S=joints)
        with pytest.raises(ReadError, match="joints, row 4: a number is not finite"):
            read_dataset("coco", path, tmp_path, body, HALVES)


class TestFrameOfADataSet:
    """One line a data set: the frame that its poses are taken in, and why."""

    def taken(self, folder, body, frame, **more):
        path = making_runs.write_dataset(folder, body, PEOPLE, **more)
        found = sources(body, data=(("coco", path),), frame=frame)
        (line,) = (one for one in found.notices if "frame" in one)
        with np.load(path) as file:
            turned = bool(np.abs(found.fits.crop_pose.numpy() - file["pose"]).max() > 1e-3)
        return line, turned

    def test_nothing_tells_it_so_the_crop_is_assumed_and_said(self, tmp_path, body):
        line, turned = self.taken(tmp_path, body, None)
        assert line.startswith("coco: poses are taken as in the frame of the crop: nothing tells it")
        assert "give --frame photo" in line
        assert not turned

    def test_the_user_tells_it(self, tmp_path, body):
        line, turned = self.taken(tmp_path, body, "photo")
        assert line == "coco: poses are taken as in the frame of the photo: --frame tells it"
        assert turned

    @pytest.mark.parametrize(
        ("more", "why"),
        [
            (CAMERAS, "translations and focal lengths"),
            ({"pose_frame": np.array("photo")}, "its pose_frame tells it"),
        ],
    )
    def test_the_file_tells_it_whatever_the_user_says_of_other_files(self, tmp_path, body, more, why):
        line, turned = self.taken(tmp_path, body, "crop", **more)
        assert why in line
        assert line.endswith("so that --frame crop is not for it")
        assert turned

    def test_a_data_set_whose_poses_teach_nothing_has_no_frame_to_tell(self, dataset, body):
        found = sources(body, data=(("coco", dataset),), without_truth=True)
        assert not [line for line in found.notices if "frame" in line]


class TestSources:
    def test_a_dictionary_alone_is_trained_on_with_the_photos_it_names(self, curated, body):
        found = sources(body, fits=curated)
        assert len(found.samples) == PEOPLE
        assert found.order.rows.tolist() == list(range(PEOPLE))
        assert found.fits.locked.tolist() == [False, False, True, False, False, False]
        assert (found.samples.half_weights == 1).all()

    def test_what_a_curator_marked_counts_once(self, curated, body):
        """A layout's wrist fills both halves of the 49; the feet, which only one half has, stay."""
        keypoints = sources(body, fits=curated).samples.keypoints
        assert (keypoints[:, 4, 2] == 0).all()  # openpose_right_wrist
        assert (keypoints[:, 31, 2] == 1).all()  # right_wrist
        assert (keypoints[:, 19, 2] == 1).all()  # openpose_left_big_toe

    def test_data_sets_and_a_dictionary_are_one_table(self, curated, dataset, body):
        found = sources(body, fits=curated, data=(("coco", dataset),))
        assert len(found.samples) == len(found.fits) == 2 * PEOPLE
        assert found.fits.dataset.tolist() == ["project"] * PEOPLE + ["coco"] * PEOPLE
        assert found.samples.half_weights[-1].tolist() == [0.0, 1.0]

    def test_a_dictionarys_rows_of_a_data_set_are_its_fits(self, tmp_path, dataset, body):
        fits = sources(body, data=(("coco", dataset),), without_truth=True).fits
        fits.betas[3] = 0.5
        fits.score[3], fits.valid_fit[3] = 2.0, True
        fits.save(tmp_path / "fits.npz")
        found = sources(body, fits=tmp_path / "fits.npz", data=(("coco", dataset),), without_truth=True)
        assert len(found.fits) == PEOPLE
        assert found.fits.valid_fit.tolist() == [False] * 3 + [True] + [False] * 2
        with_truth = sources(body, fits=tmp_path / "fits.npz", data=(("coco", dataset),))
        assert with_truth.fits.locked.all()

    def test_what_a_human_corrected_in_a_data_set_is_what_is_trained_on(self, tmp_path, dataset, body):
        fits = sources(body, data=(("coco", dataset),), without_truth=True).fits
        fits.keypoints[3, 31, :2] += 20.0
        fits.center[2] += 15.0
        fits.scale[2] *= 1.4
        fits.save(tmp_path / "fits.npz")
        found = sources(body, fits=tmp_path / "fits.npz", data=(("coco", dataset),), without_truth=True)
        for name in ("keypoints", "center", "scale"):
            np.testing.assert_array_equal(getattr(found.samples, name), getattr(fits, name).numpy())

    def test_truth_that_a_human_rejected_stays_rejected_and_teaches_no_body(self, tmp_path, dataset, body):
        arrays = sources(body, data=(("coco", dataset),)).fits.arrays()
        arrays["locked"][2], arrays["valid_fit"][2], arrays["verdict"] = (
            False,
            False,
            arrays["verdict"].astype("U8"),
        )
        arrays["verdict"][2] = "rejected"
        np.savez(tmp_path / "fits.npz", **arrays)
        fits = sources(body, fits=tmp_path / "fits.npz", data=(("coco", dataset),)).fits
        assert fits.verdict[2] == "rejected"
        assert fits.locked.tolist() == [row != 2 for row in range(len(fits))]
        assert not fits.valid_fit[2]

    def test_3d_joints_teach_but_of_whom_a_human_rejected_the_truth(self, tmp_path, body):
        has = np.array([1, 0, 1, 1, 1, 1])
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, has_smpl=has)
        arrays = sources(body, data=(("coco", path),)).fits.arrays()
        arrays["locked"][:3], arrays["valid_fit"][:3] = False, False
        arrays["verdict"] = np.array(["todo", "rejected", "rejected", "todo", "todo", "todo"])
        np.savez(tmp_path / "fits.npz", **arrays)
        found = sources(body, fits=tmp_path / "fits.npz", data=(("coco", path),)).samples
        # row 1 had a fit of its own rejected, which says nothing of joints that were captured
        assert found.has_joints.tolist() == [True, True, False, True, True, True]

    def test_genders_that_no_shape_asks_for_are_not_looked_at(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, PEOPLE)
        np.savez(path, **{**np.load(path), "gender": np.arange(PEOPLE)})
        assert len(sources(body, data=(("coco", path),), without_truth=True).fits) == PEOPLE
        with pytest.raises(ReadError, match="gender: it is"):
            sources(body, data=(("coco", path),))

    def test_a_dictionary_of_another_body_is_refused_with_both_named(self, curated, body):
        arrays = dict(np.load(curated))
        arrays["body"] = np.array("smpl 999")
        np.savez(curated, **arrays)
        with pytest.raises(FitsError, match="smpl 999") as error:
            sources(body, fits=curated)
        assert body.fingerprint in str(error.value)

    def test_a_dictionary_of_other_photos_is_refused_with_both_named(self, tmp_path, dataset, body):
        fits = sources(body, data=(("coco", dataset),)).fits
        fits.imgname[1] = "others/001.png"
        fits.save(tmp_path / "fits.npz")
        with pytest.raises(FitsError, match=r"others/001\.png") as error:
            sources(body, fits=tmp_path / "fits.npz", data=(("coco", dataset),))
        for named in ("images/001.png", "fits.npz", "data set 'coco'"):
            assert named in str(error.value)

    def test_a_few_missing_photos_are_counted_listed_and_skipped(self, tmp_path, body):
        curated = making_runs.write_curated(tmp_path, body, 40)
        (tmp_path / "images/007.png").unlink()
        found = sources(body, fits=curated)
        assert len(found.order.rows) == 39
        assert 7 not in found.order.rows
        assert "1 photos with 1 people are not there" in found.notices[0]
        assert "007.png" in found.notices[0]

    def test_many_missing_photos_are_refused(self, curated, body):
        (curated.parent / "images/002.png").unlink()
        with pytest.raises(FitsError, match="1 of 6 photos are not there, more than 5%"):
            sources(body, fits=curated)

    def test_a_dictionary_of_nobody_is_refused(self, tmp_path, body):
        curated = making_runs.write_curated(tmp_path, body, 1)
        arrays = {name: value[:0] if value.ndim else value for name, value in np.load(curated).items()}
        FitsDictionary.from_arrays(arrays).save(curated)
        with pytest.raises(FitsError, match=r"curated\.npz: nobody is in it"):
            read_sources(SourceOptions(fits=curated), body, HALVES, 0)

    def test_a_data_set_of_nobody_is_refused(self, tmp_path, body):
        path = making_runs.write_dataset(tmp_path, body, 1)
        arrays = {name: value[:0] if value.ndim else value for name, value in np.load(path).items()}
        np.savez(path, **arrays)
        with pytest.raises(ReadError, match=r"people\.npz: nobody is in it"):
            sources(body, data=(("coco", path),))

    def test_people_without_keypoints_are_left_out(self, tmp_path, body):
        part = np.zeros((PEOPLE, 24, 3))
        part[1:] = 1
        path = making_runs.write_dataset(tmp_path, body, PEOPLE, part=part, openpose=None, pose=None, S=None)
        found = sources(body, data=(("coco", path),))
        assert found.order.rows.tolist() == [1, 2, 3, 4, 5]

    def test_samples_of_fits_leave_the_dictionary_as_it_is(self, curated):
        fits = FitsDictionary.load(curated)
        before = fits.keypoints.clone()
        samples = samples_of_fits(fits, curated.parent)
        assert not np.shares_memory(samples.keypoints, fits.keypoints.numpy())
        assert torch.equal(fits.keypoints, before)
        assert isinstance(samples, Samples)
        assert present(samples)[1].people == 0
        assert isinstance(making_runs.crops_of(fits, curated.parent), Crops)


def test_a_keypoint_of_one_half_alone_is_kept_and_one_of_both_counts_once():
    names = layout("spin49").definitions
    place = names.index("left_knee")
    twin = names.index("left_knee", 25)
    keypoints = np.zeros((3, 49, 3), np.float32)
    keypoints[0, [place, twin], 2] = keypoints[1, place, 2] = keypoints[2, twin, 2] = 0.5
    kept = each_once(keypoints)
    np.testing.assert_array_equal(kept[:, place, 2], [0, 0.5, 0])
    np.testing.assert_array_equal(kept[:, twin, 2], [0.5, 0, 0.5])
