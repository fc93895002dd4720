"""A job that has nobody to fit ends at once, and without a fault."""

import pytest

from desktop.jobs.fitting_many import fit_many_steps
from desktop.state.view import FitOptions
from tests.desktop.making import open_body


def test_fitting_nobody_has_no_steps():
    assert list(fit_many_steps(open_body(), None, [], FitOptions())) == []


@pytest.mark.slow
def test_a_project_whose_people_all_have_fits_is_opened_without_a_fault(open_desk):
    desk, file = open_desk, open_desk.workbench.project.path
    desk.workbench.change_view(at_opening=True)
    for command in ("fit.queue", "file.close"):
        desk.do(command)
        desk.wait(lambda: not desk.workbench.busy)
    desk.open(file)
    desk.wait(lambda: not desk.workbench.busy and not desk.window.waiting)
    assert desk.said == []
