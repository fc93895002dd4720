"""Which fits the teacher sees otherwise: a teacher that is right agrees with right fits and with no other."""

import torch

from core.body import load_body
from core.networks.teacher.teacher import Teacher, TeacherConfig
from core.networks.teacher.turned_views import TurnedView
from core.records import Fit
from tests.train.methods.posenet3d.seen_people import FOCAL, HEIGHT, WIDTH, bodies, photos_of, points_of
from train.methods.posenet3d.second_opinion import opinions, told


def fit_of(params, row):
    pose = torch.cat([params.global_orient, params.body_pose], dim=1)[row].numpy()
    center = (WIDTH / 2, HEIGHT / 2)
    return Fit(pose, params.betas[row].numpy(), 0.0, params.cam_t[row].numpy(), FOCAL, center, 1.0, "", "fit")


def test_a_teacher_that_is_right_differs_from_wrong_fits_alone(monkeypatch):
    params = bodies(6)
    photos = photos_of(params)
    wrong = bodies(6, seed=5)
    fitted = [
        photo.with_(people=(photo.people[0].with_(fit=fit_of(wrong if row == 2 else params, row)),))
        for row, photo in enumerate(photos)
    ]
    known = points_of(params)

    def right(teacher: Teacher, seen: TurnedView) -> torch.Tensor:
        return known @ seen.turn.mT

    monkeypatch.setattr(Teacher, "both_ways", right)
    teacher = Teacher(TeacherConfig(width=8, blocks=1))
    found = opinions(fitted, teacher, load_body())
    assert found[0].photo == "walk/0002.jpg"
    assert found[0].apart_mm > 100
    assert all(one.apart_mm < 40 for one in found[1:])
    assert told(found).splitlines()[-1] == "1 of 6 fits differ from the teacher by more than 100 mm"


def test_people_without_fit_or_without_all_points_are_left_out():
    photos = photos_of(bodies(2))
    teacher = Teacher(TeacherConfig(width=8, blocks=1))
    assert opinions(photos, teacher, load_body()) == []
