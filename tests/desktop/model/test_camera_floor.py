"""The floor of the photo on show: its angle does not sway at edits, and a choice is kept for its photo."""

import numpy as np
import pytest

from desktop.settings import Settings
from desktop.state.joint_turns import turned

pytestmark = pytest.mark.slow


def lean(desk, angle_deg):
    """Turn the selected person's body about its own left axis."""
    person = desk.workbench.person
    desk.workbench.apply("Lean", person.with_(fit=turned(person.fit, "pelvis", 0, np.radians(angle_deg))))


def test_a_small_edit_does_not_sway_the_floor_and_a_large_one_moves_it(open_desk):
    desk, floor = open_desk, open_desk.workbench.floor
    desk.fit()
    before = floor.pitch_deg
    lean(desk, 1.0)
    assert floor.pitch_deg == before
    lean(desk, 12.0 if before < 0 else -12.0)
    assert abs(floor.pitch_deg - before) > 3.0
    desk.do("edit.undo")
    desk.do("edit.undo")
    assert floor.pitch_deg == pytest.approx(before, abs=3.0)


def test_without_a_fit_the_camera_is_taken_to_be_level(open_desk):
    assert open_desk.workbench.floor.pitch_deg == 0.0


def test_an_angle_too_steep_is_taken_as_the_steepest(open_desk):
    floor = open_desk.workbench.floor
    floor.choose(500.0)
    assert floor.pitch_deg == 60.0
    floor.choose(-500.0)
    assert floor.pitch_deg == -60.0


def test_a_choice_is_kept_for_its_photo_and_project_alone(tmp_path, open_desk):
    desk, settings = open_desk, open_desk.settings
    desk.workbench.floor.choose(14.0)
    project, photo = str(desk.workbench.project.path), desk.workbench.photo.path
    assert isinstance(settings, Settings)
    assert settings.pitch_of(project, photo) == 14.0
    assert settings.pitch_of(project, photo + "x") is None
    assert settings.pitch_of(project + "x", photo) is None
    desk.workbench.floor.choose(None)
    assert settings.pitch_of(project, photo) is None


def test_a_choice_is_found_again_through_a_link_to_the_project(tmp_path, open_desk):
    desk = open_desk
    desk.workbench.floor.choose(14.0)
    path = desk.workbench.project.path
    link = tmp_path / "link"
    link.symlink_to(path.parent)
    desk.workbench.set_project(None)
    desk.open(link / path.name)
    assert desk.workbench.floor.chosen == 14.0
