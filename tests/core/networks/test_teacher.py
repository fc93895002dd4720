"""PoseNet3D's teacher: its geometry, its density of 2D points, and its file."""

import numpy as np
import pytest
import torch

from core.body.keypoints import LAYOUTS
from core.errors import CheckpointError, LayoutError
from core.networks.checkpoint import Checkpoint, save_checkpoint
from core.networks.table import TEACHER_FILE
from core.networks.teacher.body_points import LIMB_POINTS, BodyPoints
from core.networks.teacher.metric_points import bone_lengths, placed_points
from core.networks.teacher.pose_density import DensityConfig, PoseDensity
from core.networks.teacher.teacher import Teacher, TeacherConfig
from core.networks.teacher.teacher_file import TaughtTeacher, load_teacher, save_teacher
from core.networks.teacher.turned_views import (
    TurnedView,
    points_at,
    random_turns,
    seen_anew,
    seen_from_here,
    turned_view,
)

COCO = BodyPoints.of_layout("coco17")


def people(count: int = 20) -> torch.Tensor:
    """Points (B, 17, 3) [m] some metres before a camera, the hips 20 cm apart around their middle."""
    draw = torch.Generator().manual_seed(3)
    at = 0.4 * torch.randn(count, 17, 3, generator=draw)
    at[:, COCO.hips] = torch.tensor([[0.1, 0.0, 0.0], [-0.1, 0.0, 0.0]])
    return at + torch.tensor([0.5, -0.2, 4.0])


def view_of(at: torch.Tensor) -> TurnedView:
    return turned_view(at[..., :2] / at[..., 2:], torch.ones(at.shape[:2]), COCO.hips)


def teacher() -> Teacher:
    torch.manual_seed(1)
    made = Teacher(TeacherConfig(width=24, blocks=1))
    torch.nn.init.normal_(made.out.weight, std=0.5)
    return made


def test_lifted_points_are_seen_where_they_were():
    view = view_of(people())
    at = points_at(view.x, view.size, 0.5 * torch.randn(20, 17))
    assert torch.allclose(seen_from_here(at, view.size), view.x, atol=1e-5)


def test_a_view_is_in_the_persons_own_size_with_the_middle_of_the_hips_at_its_centre():
    view = view_of(people())
    assert torch.allclose(view.x.norm(dim=-1).mean(dim=1), torch.ones(20), atol=1e-5)
    assert view.x[:, COCO.hips].mean(dim=1).abs().max() < 1e-5


def test_true_depths_lift_to_the_true_shape():
    """The unit is the person's own size, so the shape is right up to one scale."""
    at = people()
    view = view_of(at)
    turned = at @ view.turn.mT
    middle = turned[:, COCO.hips].mean(dim=1)
    unit = view.size * middle[:, 2]
    lifted = points_at(view.x, view.size, (turned[..., 2] - middle[:, 2:]) / unit[:, None])
    expected = (turned - middle[:, None]) / unit[:, None, None]
    assert (lifted - expected).norm(dim=-1).max() < 0.05  # hips at two depths have another middle in 2D


def test_the_same_view_again_has_the_same_size():
    view = view_of(people())
    at = points_at(view.x, view.size, torch.randn(20, 17) * 0.2)
    again, larger = seen_anew(at, view.size, COCO.hips)
    assert torch.allclose(again, view.x, atol=1e-5)
    assert torch.allclose(larger, torch.ones(20), atol=1e-5)


def test_a_length_is_as_long_in_the_unit_of_another_view():
    """Lifted again with true depths and scaled back, the points of a turned view are those that were turned."""
    view = view_of(people())
    depth = 0.2 * torch.randn(20, 17, generator=torch.Generator().manual_seed(5))
    depth[:, COCO.hips] = 0
    at = points_at(view.x, view.size, depth)
    turned = at @ random_turns(20, at.device).mT
    seen, larger = seen_anew(turned, view.size, COCO.hips)
    again = points_at(seen, view.size * larger, turned[..., 2] / larger[:, None])
    assert (larger[:, None, None] * again - turned).norm(dim=-1).max() < 0.05


def test_random_views_are_rotations_of_any_heading():
    turns = random_turns(400, torch.device("cpu"))
    assert torch.allclose(turns @ turns.mT, torch.eye(3).expand(400, 3, 3), atol=1e-5)
    assert torch.allclose(torch.linalg.det(turns), torch.ones(400), atol=1e-5)
    ahead = turns[:, 2, 2]
    assert (ahead > 0.7).any()
    assert (ahead < -0.7).any()
    assert turns[:, 1, 1].mean() > 0.9


def test_the_mirror_image_of_a_person_is_lifted_to_the_mirror_image():
    made, view = teacher(), view_of(people())
    mirrored = made.both_ways(view.mirrored(COCO.flip))[:, COCO.flip] * torch.tensor([-1.0, 1.0, 1.0])
    assert torch.allclose(mirrored, made.both_ways(view), atol=1e-5)


def test_a_skeleton_is_told_in_the_axes_of_the_photos_camera():
    """Its points lie on the rays of the keypoints."""
    at = people()
    focal_length, center = torch.full((20,), 700.0), torch.tensor([[320.0, 240.0]]).expand(20, 2)
    pixels = at[..., :2] / at[..., 2:] * 700.0 + center[:, None]
    keypoints = torch.cat([pixels, torch.ones(20, 17, 1)], dim=-1)
    made = teacher()
    lifted = made.lift(keypoints, focal_length, center)
    view = view_of(at)
    there = lifted @ view.turn.mT
    assert (seen_from_here(there, view.size) - view.x).abs().max() < 1e-4


def test_a_fixed_distance_takes_the_place_of_the_size():
    far = Teacher(TeacherConfig(width=8, blocks=1, distance=10.0))
    at = people()
    assert torch.allclose(
        far.seen(at[..., :2] / at[..., 2:], torch.ones(20, 17)).size, torch.full((20,), 0.1)
    )


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_has_limbs_bones_and_mirror_images(name):
    points = BodyPoints.of_layout(name)
    assert len(points.limbs) == len(set(points.limbs)) == len(LIMB_POINTS)
    assert len(points.bones) >= 12
    assert [points.flip[points.flip[place]] for place in range(points.count)] == list(range(points.count))
    assert all("hip" in points.parts[place] for place in points.hips)


def test_a_point_that_is_left_out_goes_with_its_mirror_image():
    points = BodyPoints.of_layout("coco17", [3])
    assert points.count == 15
    assert not points.has_face
    assert COCO.has_face
    assert len(COCO.bones) == 16


def test_points_that_are_no_body_are_refused():
    with pytest.raises(LayoutError, match="left_wrist"):
        BodyPoints("coco17", (0, 1, 2))
    with pytest.raises(LayoutError, match="0 to 16"):
        BodyPoints("coco17", (*range(17), 40))


def density() -> PoseDensity:
    torch.manual_seed(2)
    made = PoseDensity(DensityConfig(34, directions=10, couplings=4, width=16))
    made.set_directions(torch.randn(300, 17, 2))
    for coupling in made.couplings:
        torch.nn.init.normal_(coupling[-1].weight, std=0.3)
    return made.double()


def test_the_density_stretches_space_by_as_much_as_it_says():
    """The log-likelihood is that of the standard normal at the end of the flow, and the log of the stretch on the way
    (a density integrates to one)."""
    made = density()
    steps = {}
    whitened = torch.randn(10, dtype=torch.float64, generator=torch.Generator().manual_seed(4))

    def flow(z: torch.Tensor) -> torch.Tensor:
        kept = z[None]
        for order, coupling in zip(made.orders, made.couplings, strict=True):
            first, second = kept[:, order].split([5, 5], dim=1)
            bend, shift = coupling(first).chunk(2, dim=1)
            kept = torch.cat([first, second * (2 * torch.tanh(bend / 2)).exp() + shift], dim=1)
        steps["end"] = kept
        return kept[0]

    jacobian = torch.autograd.functional.jacobian(flow, whitened)
    end = flow(whitened)
    normal = -0.5 * (end.square() + np.log(2 * np.pi)).sum()
    expected = normal + torch.linalg.slogdet(jacobian).logabsdet
    points = (whitened @ torch.linalg.pinv(made.whiten) + made.mean).view(1, 17, 2)
    assert torch.allclose(made(points)[0], expected, atol=1e-6)


def test_whitened_directions_have_deviation_one():
    made, points = density(), torch.randn(300, 17, 2, dtype=torch.float64)
    made.set_directions(points)
    white = (points.flatten(1) - made.mean) @ made.whiten
    assert torch.allclose(white.std(dim=0), torch.ones(10, dtype=torch.float64), atol=0.02)


def test_a_file_brings_teacher_and_density_back(tmp_path):
    made, likely = teacher(), density().float()
    save_teacher(tmp_path / TEACHER_FILE, TaughtTeacher(made, likely), step=7)
    found = load_teacher(tmp_path)
    view = view_of(people())
    assert torch.equal(found.teacher.both_ways(view), made.both_ways(view))
    assert found.density is not None
    assert torch.equal(found.density(view.x), likely(view.x))
    save_teacher(tmp_path / TEACHER_FILE, TaughtTeacher(made, None), step=7)
    assert load_teacher(tmp_path / TEACHER_FILE).density is None


@pytest.mark.parametrize(
    "config",
    [
        *(
            {},
            {"teacher": 3},
            {"teacher": {"width": 0}},
            {"teacher": {"width": 8, "blocks": 1, "columns": [1]}},
        ),
        {"teacher": {"width": 8, "blocks": 1}, "density": {"numbers": 10**9}},
        {"teacher": {"width": 8, "blocks": 1}, "density": {"numbers": 4, "directions": 28}},
    ],
)
def test_another_file_is_refused_with_what_to_choose(config, tmp_path):
    file = tmp_path / TEACHER_FILE
    save_checkpoint(file, Checkpoint("lifter", config, {"a": torch.zeros(1)}))
    with pytest.raises(CheckpointError, match="is no teacher of"):
        load_teacher(tmp_path)


def test_points_of_true_depths_are_placed_where_they_are(monkeypatch):
    at = people(1)
    hips = at[:, COCO.hips].mean(dim=1)

    def true_depths(known: Teacher, seen: TurnedView) -> torch.Tensor:
        return ((at - hips[:, None]) @ seen.turn.mT) / (seen.size * hips.norm(dim=1))[:, None, None]

    monkeypatch.setattr(Teacher, "both_ways", true_depths)
    focal, center = torch.tensor([800.0]), torch.tensor([[320.0, 240.0]])
    xy = at[..., :2] / at[..., 2:] * focal + center[:, None]
    keypoints = torch.cat([xy, torch.ones(1, 17, 1)], dim=-1)
    placed = placed_points(teacher(), bone_lengths(at, COCO)[0], keypoints, focal, center)
    assert torch.allclose(placed, at, atol=1e-3)
