"""Composites: exact truth, one answer for what cannot be used, and the same photos whoever stops in between."""

import json
from dataclasses import replace

import cv2
import numpy as np
import pytest
import torch

from core.body.keypoint_body import KeypointBody
from core.body.model import BodyParams, load_body
from core.errors import FitloopError
from core.files.untrusted import read_arrays
from core.geometry.camera import project
from core.geometry.iou import corners_of, iou
from tests.train.compositing.making_stages import SIZE, facing, painted, people_of, stage_of_painted
from train.compositing.blending import WAYS, Blend, coloured, laid_over, warped
from train.compositing.composed_set import DATASET, PARTS, begin, join, keep_rows, write_composites
from train.compositing.composites import THING, compose
from train.compositing.cutting import silhouettes
from train.compositing.cutting.coco_segments import read_segments
from train.compositing.cutting.cutouts import cut_out, read_occluders
from train.compositing.cutting.silhouettes import cut_by_grabcut
from train.compositing.cutting.stage import Stage, scenes_of
from train.compositing.cutting.staged_people import LAYOUT, Similarity, moved, projected
from train.compositing.placements import COVERED, FEWEST_SEEN, KINDS
from train.compositing.plans import draw_plan
from train.compositing.proposals import Proposer


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def collapsed(body):
    return KeypointBody.from_body(body, LAYOUT)


@pytest.fixture(scope="module")
def stage(body, tmp_path_factory):
    return stage_of_painted(tmp_path_factory.mktemp("stage"), body)


def some(stage, body, kind, seed=0):
    """The first composite of a kind that stays in its range."""
    rng = np.random.default_rng(seed)
    return next(one for one in (compose(draw_plan(stage, [kind], rng), body) for _ in range(60)) if one)


@pytest.mark.parametrize("flipped", [False, True])
def test_a_moved_person_projects_where_their_pixels_went(body, collapsed, flipped):
    people = people_of(facing(6), collapsed)
    by = Similarity(12.0, 1.7, (20.0, -5.0), flipped)
    there = moved(people, by, body)
    assert np.abs(projected(there, collapsed) - there.points).max() < 0.5
    shown = there.keypoints[..., 2] > 0
    assert np.abs(there.keypoints[..., :2] - there.points)[shown].max() < 0.5


def test_a_similarity_brings_a_chosen_pixel_to_its_place():
    by = Similarity(-9.0, 0.6, flipped=True).about(np.array([30.0, 50.0]), np.array([7.0, 8.0]))
    assert by.affine @ [30, 50, 1] == pytest.approx([7, 8])


def test_the_person_in_front_is_the_one_whose_feet_are_lower(stage, body):
    composite = some(stage, body, "occlusion")
    asked, pasted = composite.asked, len(composite.people) - 1
    assert composite.people.feet[pasted] > composite.people.feet[asked]
    hidden = composite.people.occluded[asked]
    xy = composite.people.keypoints[asked, :, :2].astype(int)
    assert hidden.any()
    assert (composite.mask[xy[hidden, 1], xy[hidden, 0]] == pasted + 1).all()


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_stays_in_its_range(stage, body, kind):
    composite = some(stage, body, kind)
    people, asked = composite.people, composite.asked
    assert people.seen[asked] >= FEWEST_SEEN
    if kind == "occlusion":
        assert COVERED[0] <= composite.covered <= COVERED[1]
    if kind == "crop":
        assert composite.cut > 0
    if kind == "crowd":
        boxes = people.box
        shares = np.delete(iou(corners_of(boxes[asked]), corners_of(boxes)), asked)
        assert ((shares >= 0.1) & (shares <= 0.6)).all()


@pytest.mark.parametrize("way", WAYS)
def test_a_blend_leaves_the_photo_alone_where_nothing_is_pasted(stage, way):
    plan = draw_plan(stage, ["scale"], np.random.default_rng(0))
    cutout = plan.pastes[0].cutout
    affine = Similarity(scale=1.0, shift=(20, 10)).affine
    colours, alpha = warped(coloured(cutout.rgba, plan.image), affine, SIZE)
    pasted = laid_over(plan.image, colours, alpha, Blend(way, 1.5))
    far = cv2.dilate((alpha > 0).astype(np.uint8), np.ones((21, 21))) == 0
    assert np.abs(pasted[far].astype(int) - plan.image[far]).max() <= 1
    inside = cv2.erode((alpha > 0.9).astype(np.uint8), np.ones((3, 3))) > 0
    assert np.abs(pasted[inside].astype(int) - plan.image[inside]).mean() > 10


def written(folder, stage, body, count=20, seed=0):
    if not (folder / "compose.json").exists():
        begin(folder, {"seed": seed}, False)
    for _ in write_composites(folder, Proposer(stage, body, None, "random", seed), count):
        pass
    join(folder)
    return read_arrays(folder / DATASET)


def test_written_truth_projects_onto_the_written_keypoints(stage, body, tmp_path):
    rows = written(tmp_path, stage, body)
    parts = (
        torch.from_numpy(rows[name].astype(np.float32)) for name in ("pose_photo", "shape", "cam_t", "kid")
    )
    camera = (torch.from_numpy(rows[name].astype(np.float32)) for name in ("focal_length", "camera_center"))
    xy = project(body.keypoints(BodyParams.from_pose(*parts), LAYOUT), *camera).numpy()
    keypoints = np.concatenate([rows["openpose"], rows["part"]], axis=1)
    shown = keypoints[..., 2] > 0
    assert shown.sum() > 500
    assert np.abs(xy - keypoints[..., :2])[shown].max() < 0.5


def test_a_killed_run_goes_on_with_the_same_photos(stage, body, tmp_path):
    whole = written(tmp_path / "whole", stage, body)
    begin(tmp_path / "cut", {"seed": 0}, False)
    proposer = Proposer(stage, body, None, "random", 0)
    parts = write_composites(tmp_path / "cut", proposer, 20)
    next(parts)
    parts.close()
    (tmp_path / "cut" / PARTS / "00000008.npz").unlink(missing_ok=True)
    again = written(tmp_path / "cut", stage, body)
    for name, value in whole.items():
        np.testing.assert_array_equal(value, again[name], name)
    image = "images/000017.jpg"
    assert (tmp_path / "whole" / image).read_bytes() == (tmp_path / "cut" / image).read_bytes()


def test_a_run_with_other_options_does_not_go_on(tmp_path):
    begin(tmp_path, {"seed": 0}, False)
    with pytest.raises(FitloopError, match="--resume"):
        begin(tmp_path, {"seed": 0}, False)
    with pytest.raises(FitloopError, match="another --seed"):
        begin(tmp_path, {"seed": 1}, True)


def test_refused_photos_leave_the_data_set(stage, body, tmp_path):
    written(tmp_path, stage, body, 8)
    kept, before = keep_rows(tmp_path, lambda name: name != "images/000003.jpg")
    assert 0 < kept < before
    assert "images/000003.jpg" not in read_arrays(tmp_path / DATASET)["imgname"]


def test_hard_keeps_the_composite_that_the_target_loses_most_on(stage, body):
    def darkness(people):
        return np.array([255 - one.image.mean() for one in people], np.float32)

    hard = Proposer(stage, body, darkness, "hard", 0).composites(range(6))
    easy = Proposer(stage, body, darkness, "random", 0).composites(range(6))
    assert all(one[1] >= other[1] for one, other in zip(hard, easy, strict=True))
    assert any(one[1] > other[1] for one, other in zip(hard, easy, strict=True))


def test_hard_never_prefers_a_composite_whose_loss_is_not_known(stage, body):
    def unknown_but_for_the_last(people):
        return np.array([*[np.nan] * (len(people) - 1), 0.5], np.float32)

    ((_, loss),) = Proposer(stage, body, unknown_but_for_the_last, "hard", 0).composites([0])
    assert loss == 0.5


def test_grabcut_finds_the_painted_person_and_refuses_one_of_another_area(body, tmp_path, monkeypatch):
    with_masks = stage_of_painted(tmp_path, body, 1)
    cut = Stage(painted(tmp_path, body, 1, masks=False), [], body, lambda line: None)
    known, found = with_masks.masks(0)[0], cut.masks(0)[0]
    assert (known & found).sum() / (known | found).sum() > 0.95
    image = cut.image(cut.photos[0])
    monkeypatch.setattr(silhouettes, "AREAS", (1.2, 1.6))
    with pytest.raises(FitloopError, match="Correct the fit"):
        cut_by_grabcut(image, known, "a.jpg, person 0")


def test_a_fit_that_cannot_be_cut_out_is_named_once_and_left_out(body, tmp_path):
    told = []
    photos = painted(tmp_path, body, 2, masks=False)
    away = replace(photos[0].people, camera_center=photos[0].people.camera_center + 1000)
    stage = Stage([replace(photos[0], people=away), photos[1]], [], body, told.append)
    for _ in range(3):
        assert stage.cutout((0, 0)) is None
    assert len(told) == 1
    assert "not in the photo" in told[0]
    assert stage.cutout((1, 0)) is not None


def test_a_large_photo_is_reduced_with_its_people(body, collapsed, tmp_path, monkeypatch):
    from train.compositing.cutting import stage as staging

    whole = stage_of_painted(tmp_path, body, 1)
    monkeypatch.setattr(staging, "LARGEST_PX", 100)
    small = stage_of_painted(tmp_path, body, 1)
    photo = small.photos[0]
    assert small.image(photo).shape == (100, 100, 3)
    people = small.people(photo)
    assert np.abs(projected(people, collapsed) - people.points).max() < 0.1
    assert people.points == pytest.approx(whole.photos[0].people.points * 100 / 160, abs=0.1)
    mask, other = small.masks(0)[0], whole.masks(0)[0]
    assert mask.mean() == pytest.approx(other.mean(), rel=0.05)


def test_a_mask_of_another_shape_is_named_and_its_person_left_out(body, tmp_path):
    told = []
    stage = Stage(painted(tmp_path, body, 2), [], body, told.append)
    cv2.imwrite(str(tmp_path / "mask_0.png"), np.zeros((80, 160), np.uint8))
    assert stage.cutout((0, 0)) is None
    assert "Give the mask of this photo" in told[0]
    assert stage.cutout((1, 0)) is not None


def test_masks_of_another_size_and_of_three_pixels_are_refused(stage):
    image = np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(FitloopError, match="Give the mask of this photo"):
        cut_out(image, np.ones((10, 20), bool), None, "a.jpg", None)
    three = np.zeros((20, 20), bool)
    three[3, 3:6] = True
    with pytest.raises(FitloopError, match="has 3 pixels"):
        cut_out(image, three, None, "a.jpg", None)


def test_occluders_need_alpha(tmp_path):
    with pytest.raises(FitloopError, match="holds no PNG"):
        read_occluders(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((30, 30, 3), np.uint8))
    with pytest.raises(FitloopError, match="has no alpha"):
        read_occluders(tmp_path)
    cv2.imwrite(str(tmp_path / "a.png"), np.full((30, 30, 4), 255, np.uint8))
    assert read_occluders(tmp_path)[0].person is None


def test_segmentations_of_a_coco_file_become_things(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((60, 50, 3), 90, np.uint8))
    square = [[10, 10, 30, 10, 30, 40, 10, 40]]
    runs = {"counts": [50 * 30, 600, 60 * 50 - 50 * 30 - 600], "size": [60, 50]}
    wrong = [[1, 2, "x"]], {"counts": "abc", "size": [60, 50]}, [[1, 1, 2, 1, 2, 2]]
    annotations = [
        {"id": place, "image_id": 1, "segmentation": one} for place, one in enumerate((square, runs, *wrong))
    ]
    file = tmp_path / "people.json"
    file.write_text(json.dumps({"images": [{"id": 1, "file_name": "a.png"}], "annotations": annotations}))
    told = []
    found = read_segments(file, told.append)
    assert [one.person for one in found] == [None, None]
    assert int((found[0].rgba[..., 3] > 0).sum()) == 21 * 31
    assert int((found[1].rgba[..., 3] > 0).sum()) == 600
    assert ["cannot be read" in told[0], "compressed" in told[1], "pixels" in told[2]] == [True] * 3
    file.write_text("{}")
    with pytest.raises(FitloopError, match="no images and annotations"):
        read_segments(file, told.append)


def test_a_thing_hides_people_and_is_no_row(body, tmp_path, stage):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((30, 20, 4), 255, np.uint8))
    things = Stage(stage.photos, read_occluders(tmp_path), body, lambda line: None)
    rng = np.random.default_rng(0)
    for _ in range(200):
        plan = draw_plan(things, ["occlusion"], rng)
        if plan.pastes[0].cutout.person is None and (composite := compose(plan, body)):
            break
    assert len(composite.people) == len(plan.people)
    assert (composite.mask == THING).any()
    assert composite.people.occluded[composite.asked].any()


def test_backgrounds_smaller_than_a_person_are_refused(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((30, 200, 3), np.uint8))
    with pytest.raises(FitloopError, match="at least 40 px"):
        scenes_of(tmp_path, 40)


def test_a_stage_without_people_is_refused(body):
    with pytest.raises(FitloopError, match="nobody is there"):
        Stage([], [], body, lambda line: None)
