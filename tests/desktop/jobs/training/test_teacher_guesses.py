"""PoseNet3D's teacher in the window: its bodies stand behind the guesses, are drawn as ghosts, and give warnings."""

import pytest
import torch

from core.guesses import TEACHER, of_networks
from core.networks.table import TEACHER_FILE
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.teacher import Teacher, TeacherConfig
from core.networks.teacher.teacher_file import TaughtTeacher, save_teacher
from desktop.jobs.training.teacher_guesses import teacher_of
from desktop.model.guess_network import RUNS


def run_with_teacher(project, layout="coco17"):
    """The checkpoint of a run whose teacher was taught nothing: it sees everybody nearly flat."""
    folder = project.folder / RUNS / "posenet3d-2026-12-01"
    folder.mkdir(parents=True)
    (folder / "checkpoint.pt").write_bytes(b"")
    torch.manual_seed(0)
    columns = BodyPoints.of_layout(layout).columns
    teacher = Teacher(TeacherConfig(layout, columns, width=16, blocks=1))
    save_teacher(folder / TEACHER_FILE, TaughtTeacher(teacher, None), 1)
    return folder / "checkpoint.pt"


@pytest.fixture
def compared(open_desk):
    """A window whose people have fits and were compared with a teacher."""
    desk, workbench = open_desk, open_desk.workbench
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    workbench.fits.network.choose(run_with_teacher(workbench.project))
    desk.told.clear()
    desk.do("fit.teacher")
    desk.wait(lambda: not workbench.busy)
    return desk


def people(desk):
    return [person for photo in desk.workbench.project.photos() for person in photo.people]


def asked(desk):
    return [
        person for person in people(desk) if TEACHER in [one.network for one in of_networks(person.guess)]
    ]


def test_the_teachers_bodies_stand_behind_the_guesses_as_one_undoable_act_that_is_saved(compared):
    desk = compared
    path = desk.workbench.project.path
    assert asked(desk), desk.said
    assert all(person.guess.network == "lifter" for person in asked(desk))
    assert "compared" in desk.told[-1]
    desk.do("edit.undo")
    assert not asked(desk)
    desk.do("edit.redo")
    desk.do("file.close")
    desk.open(path)
    assert asked(desk)


def test_a_fit_that_the_flat_teacher_sees_otherwise_is_in_the_queues_filter_of_warnings(compared):
    desk, workbench = compared, compared.workbench
    differ = workbench.project.warned().get("teacher_differs", 0)
    assert f"{differ} fit" in desk.told[-1]
    workbench.queue.want(warning="teacher_differs")
    assert len(workbench.queue.ids()) == differ


def test_the_ghost_of_the_guess_shows_the_teacher_beside_the_network(compared):
    desk = compared
    desk.workbench.select(asked(desk)[0].id)
    desk.do("space.ghost_guess")
    ghosts = desk.window.viewport._painter.ghosts.there()["guess"]
    assert [ghost.state.network for ghost in ghosts] == ["lifter", TEACHER]


def test_a_network_without_teacher_is_refused_with_what_to_choose(open_desk):
    open_desk.do("fit.teacher")
    assert "Choose a run of PoseNet3D" in open_desk.said[0]
    assert teacher_of(None) is None


def test_a_teacher_of_another_layout_compares_nobody_and_says_what_it_needs(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    workbench.fits.network.choose(run_with_teacher(workbench.project, "openpose25"))
    desk.do("fit.teacher")
    desk.wait(lambda: desk.said and not workbench.busy)
    assert "keypoints of openpose25" in desk.said[0]
    assert not asked(desk)
