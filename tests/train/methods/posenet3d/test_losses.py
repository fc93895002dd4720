"""What teacher and student learn by: the truth costs little, and what is wrong costs more."""

import pytest
import torch

from core.body import load_body
from core.body.tree import joint_index
from core.geometry.rotation import axis_angle_to_matrix
from core.networks.lifter.network import Hypotheses
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.metric_points import body_bones, bone_lengths
from tests.train.methods.posenet3d.seen_people import bodies, points_of
from train.methods.posenet3d.discriminators import Discriminator, two_frames
from train.methods.posenet3d.stages import StageShares, stage_at
from train.methods.posenet3d.student_loss import (
    ShownLooks,
    StudentBody,
    StudentWeights,
    apart_m,
    directions_off,
    student_loss,
    torso_turned,
    wrong_bends,
)
from train.methods.posenet3d.teacher_loss import (
    TeacherLoss,
    TeacherWeights,
    bone_ratios,
    face_behind,
    knees_bent_back,
)

COCO = BodyPoints.of_layout("coco17")


@pytest.fixture(scope="module")
def student_body():
    return StudentBody.of(load_body(), COCO)


@pytest.fixture(scope="module")
def points():
    """(40, 17, 3) [m] of people with straight knees."""
    params = bodies(40)
    params.body_pose[:, 9:15] = 0
    return points_of(params)


def test_people_have_the_bones_of_a_body_and_stretched_ones_have_not(points):
    body = bone_ratios(body_bones(load_body(), COCO))
    off = (bone_ratios(bone_lengths(points, COCO)) - body).square().sum(-1)
    stretched = bone_lengths(points * torch.tensor([1.0, 1.0, 2.0]), COCO)
    assert off.mean() < 0.05
    assert (bone_ratios(stretched) - body).square().sum(-1).mean() > 3 * off.mean()


def test_faces_look_ahead_and_a_mirrored_depth_turns_them_round(points):
    mirrored = points * torch.tensor([1.0, 1.0, -1.0])
    assert face_behind(points, COCO).mean() < 0.02
    assert face_behind(mirrored, COCO).mean() > 0.5


def test_knees_that_bend_forward_cost_and_knees_that_bend_back_do_not():
    params = bodies(40)
    for angle, costs in ((0.8, False), (-0.8, True)):
        params.body_pose[:, 9:15] = 0
        params.body_pose[:, [9, 12]] = angle
        cost = knees_bent_back(points_of(params), COCO)
        assert (cost > 0.2).all() == costs
        assert (cost < 0.1).all() == (not costs)


def test_joints_that_bend_the_wrong_way_cost_their_sine():
    rotations = torch.eye(3).repeat(1, 1, 24, 1, 1)
    rotations[0, 0, joint_index("left_knee")] = axis_angle_to_matrix(torch.tensor([-0.5, 0.0, 0.0]))
    assert torch.allclose(wrong_bends(rotations), torch.tensor([[0.5]]).sin(), atol=1e-5)
    rotations[0, 0, joint_index("left_knee")] = axis_angle_to_matrix(torch.tensor([0.5, 0.0, 0.0]))
    assert wrong_bends(rotations).item() == pytest.approx(0, abs=1e-6)


def test_the_students_keypoints_are_the_bodys():
    params = bodies(5)
    pose = torch.cat([params.global_orient, params.body_pose], dim=1).view(5, 24, 3)
    shape = torch.cat([params.betas, torch.zeros(5, 1)], dim=1)
    at = StudentBody.of(load_body(), COCO).keypoints(axis_angle_to_matrix(pose), shape)
    known = points_of(params)
    known = known - known[:, COCO.hips].mean(dim=1, keepdim=True)
    assert torch.allclose(at - at[:, COCO.hips].mean(dim=1, keepdim=True), known, atol=1e-4)


def test_the_teachers_unit_and_place_do_not_count(points):
    loss = TeacherLoss(COCO, body_bones(load_body(), COCO), TeacherWeights())
    metres = loss.in_metres(points)
    assert torch.allclose(loss.in_metres(7 * points), metres, atol=1e-4)
    assert bone_lengths(metres, COCO).mean() == pytest.approx(float(loss.bones.mean()), abs=1e-4)
    assert apart_m(points[:, None], points + 2, COCO.hips).max() < 1e-3
    assert apart_m(points[:, None], points * torch.tensor([1.0, 1.0, -1.0]), COCO.hips).mean() > 0.05


def shown_of(points: torch.Tensor, taught: bool = True) -> tuple[Hypotheses, torch.Tensor, ShownLooks]:
    """Two hypotheses, the second of which is where the person is."""
    count = len(points)
    off = points + torch.tensor([0.2, 0.0, 0.0])
    at = torch.stack([off, points], dim=1)
    eye = torch.eye(3).expand(count, 2, 24, 3, 3)
    logits = torch.zeros(count, 2, requires_grad=True)
    hypotheses = Hypotheses(eye, torch.zeros(count, 2, 11), at, at[:, :, 0], logits)
    xy = points[..., :2] / points[..., 2:]
    shown = ShownLooks(
        xy, torch.ones(count, 17), torch.full((count,), 0.1), torch.full((count,), taught), points
    )
    return hypotheses, at, shown


def test_the_nearest_hypothesis_is_the_one_that_counts_most(points, student_body):
    loss, parts = student_loss(*shown_of(points), COCO, student_body, StudentWeights())
    alone = StudentWeights(distilled=0, reprojection=1)
    wrong = student_loss(*shown_of(points + torch.tensor([0.0, 0.3, 0.0])), COCO, student_body, alone)[1]
    assert parts["distilled"] < 1e-3
    assert parts["reprojection"] == pytest.approx(float(wrong["reprojection"]), rel=0.2)
    assert loss.isfinite()


def test_a_person_without_all_points_teaches_the_reprojection_alone(points, student_body):
    nonsense = torch.full_like(points, 1e6)
    hypotheses, at, shown = shown_of(points, taught=False)
    other = ShownLooks(shown.xy, shown.confidence, shown.size, shown.taught, nonsense)
    first, second = (
        student_loss(hypotheses, at, one, COCO, student_body, StudentWeights()) for one in (shown, other)
    )
    assert first[1]["distilled"] == 0
    assert torch.equal(first[0], second[0])


def test_bones_and_torso_cost_nothing_on_the_teachers_own_body_and_much_on_one_that_turns_away(student_body):
    params = bodies(20)
    points = points_of(params)
    torso = axis_angle_to_matrix(params.global_orient)[:, None] @ student_body.torso
    bent = torso_turned(torso, points, COCO).mean()  # a spine bends between the pelvis and the shoulders
    assert bent < 0.5
    assert torso_turned(-torso, points, COCO).mean() > 2
    assert directions_off(2 * points[:, None], points, COCO).max() < 2e-3
    assert directions_off(-points[:, None], points, COCO).min() > 1.9


def test_stages_follow_each_other_by_their_shares():
    shares = StageShares()
    names = [stage_at(share, shares, True).name for share in (0.0, 0.09, 0.11, 0.59, 0.61, 0.84, 0.86, 1.0)]
    assert names == [
        *("density", "density", "teacher", "teacher", "student", "student", "together", "together")
    ]
    assert stage_at(0.35, shares, True).gone == pytest.approx(0.5)
    assert stage_at(0.0, shares, False).name == "teacher"
    assert stage_at(1.0, StageShares(together=0.0), True) == ("student", 1.0)


def test_a_discriminator_learns_to_tell_points_apart():
    torch.manual_seed(0)
    judge = Discriminator(17)
    optimizer = torch.optim.Adam(judge.parameters(), lr=1e-3)
    for step in range(60):
        optimizer.zero_grad()
        judge.learn(torch.randn(64, 17, 2) + 0.5, torch.randn(64, 17, 2) - 0.5, step)
        optimizer.step()
    assert (
        judge.unlikely(torch.zeros(8, 17, 2) - 0.5).min() > judge.unlikely(torch.zeros(8, 17, 2) + 0.5).max()
    )


def test_two_frames_are_a_frame_and_its_change():
    first = torch.randn(3, 17, 2)
    assert torch.equal(two_frames(first, first)[:, 17:], torch.zeros(3, 17, 2))
    assert two_frames(first, first + 0.1)[:, 17:].mean() == pytest.approx(0.5, abs=1e-5)
