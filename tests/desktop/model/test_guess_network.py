"""The network that guesses come from: chosen from a list, shown, and each project's own."""

import json

import pytest

from core.errors import CheckpointError
from core.store import Project
from desktop.commands.people.queue_menu import guess_with
from desktop.jobs.files.network_facts import facts_of_network
from desktop.model.guess_network import with_network
from tests.desktop.making import write_coco

pytestmark = pytest.mark.slow


@pytest.fixture
def lifter():
    from core.networks.load import load_network
    from core.networks.table import LIFTER_FOLDER

    return load_network(LIFTER_FOLDER)


def run_of(project, name="spin-2026-12-01-120000"):
    """A run's folder with something in the place of a checkpoint."""
    folder = project.folder / "runs" / name
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"method": "spin"}))
    (folder / "checkpoint.pt").write_bytes(b"nothing of use")
    return folder / "checkpoint.pt"


def other_project(desk, tmp_path):
    folder = tmp_path / "other"
    folder.mkdir()
    desk.open(write_coco(folder))


def test_a_project_has_the_built_in_lifter_at_first_and_the_status_bar_says_so(open_desk):
    network, button = open_desk.workbench.fits.network, open_desk.window.network
    assert network.file is None
    assert button.isVisible()
    assert "built-in" in button.toolTip()
    assert "built-in" in open_desk.window.train_panel.network.text()


def test_without_a_project_the_chooser_says_that_each_project_has_its_own(desk):
    assert not desk.window.network.isEnabled()
    assert "Each project has its own" in desk.window.network.toolTip()


def test_the_chooser_says_where_a_network_comes_from_and_what_it_was_measured_at(open_desk):
    network, button = open_desk.workbench.fits.network, open_desk.window.network
    assert "PA-MPJPE" in button.toolTip()
    file = run_of(open_desk.workbench.project)
    file.with_name("config.json").write_text('{"method": "spin"}')
    lines = ['{"step": 100, "mpjpe_mm": 61.25, "loss": 0.5}', '{"step": 200, "loss": 0.4}', '{"step": 3']
    file.with_name("metrics.jsonl").write_text("\n".join(lines))
    network.choose(file)
    assert "trained here with train.spin" in button.toolTip()
    assert "mpjpe 61.2 mm, step 100" in button.toolTip()
    menu = button.menu()
    menu.aboutToShow.emit()
    assert menu.actions()[1].text().endswith("mpjpe 61.2 mm, step 100")


@pytest.mark.parametrize("content", ["", "[1, 2]", "{" * 5000, '{"mpjpe_mm": "many"}', "\x00"])
def test_a_runs_files_that_cannot_be_read_give_fewer_facts_and_no_error(tmp_path, content):
    file = tmp_path / "checkpoint.pt"
    file.write_bytes(b"")
    for name in ("config.json", "metrics.jsonl"):
        file.with_name(name).write_text(content)
    facts = facts_of_network(file)
    assert facts.origin
    assert facts.measured == ""
    assert facts_of_network(tmp_path / "gone.pt").origin == "not there any more"


def test_the_list_has_the_lifter_the_projects_runs_and_the_one_in_use(open_desk, tmp_path):
    network, project = open_desk.workbench.fits.network, open_desk.workbench.project
    old, new = run_of(project, "spin-2026-11-01-120000"), run_of(project)
    assert network.choices() == [None, new, old]
    elsewhere = tmp_path / "elsewhere.pt"
    network.choose(elsewhere)
    assert network.choices() == [None, elsewhere, new, old]


def test_a_chosen_network_is_shown_and_can_be_taken_back_from_the_list(open_desk):
    desk, network = open_desk, open_desk.workbench.fits.network
    file = run_of(desk.workbench.project)
    menu = desk.window.network.menu()
    menu.aboutToShow.emit()
    lifter, run = menu.actions()[:2]
    assert lifter.isChecked()
    run.trigger()
    assert network.file == file
    assert file.parent.name in desk.window.network.toolTip()
    assert file.parent.name in desk.window.train_panel.network.text()
    assert file.parent.name in desk.told[-1]
    menu.aboutToShow.emit()
    assert menu.actions()[1].isChecked()
    menu.actions()[0].trigger()
    assert network.file is None
    assert "built-in" in desk.window.network.toolTip()


def test_another_checkpoint_is_asked_for(open_desk, tmp_path, monkeypatch):
    desk, file = open_desk, tmp_path / "mine.pt"
    monkeypatch.setattr(desk.window, "ask_for_file", lambda kind: file if kind == "network" else None)
    menu = desk.window.network.menu()
    menu.aboutToShow.emit()
    menu.actions()[-1].trigger()
    assert desk.workbench.fits.network.title == "mine.pt"


def test_the_next_project_has_its_own_network_and_the_first_has_its_own_again(open_desk, tmp_path):
    desk, network = open_desk, open_desk.workbench.fits.network
    first = desk.workbench.project.path
    file = run_of(desk.workbench.project)
    network.choose(file)
    other_project(desk, tmp_path)
    assert network.file is None
    assert "built-in" in desk.window.network.toolTip()
    desk.open(first)
    assert network.file == file
    network.choose(None)
    desk.do("file.close")
    desk.open(first)
    assert network.file is None


def test_a_guess_with_a_network_that_is_gone_is_refused_and_never_comes_from_another(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    file = run_of(workbench.project)
    workbench.fits.network.choose(file)
    file.unlink()
    for command in ("fit.guess", "fit.queue", "fit.guess_queue"):
        desk.said.clear()
        desk.do(command)
        desk.wait(lambda: desk.said and not workbench.busy and not workbench.fits.running)
        assert str(file) in desk.said[0]
        assert "Network of the guesses" in desk.said[0]
    people = [person for photo in workbench.project.photos() for person in photo.people]
    assert all(person.guess is None and person.fit is None for person in people)


def test_a_chosen_network_is_loaded_once_and_guesses(open_desk, lifter, monkeypatch):
    from core.networks import load

    desk, workbench, loads = open_desk, open_desk.workbench, []
    monkeypatch.setattr(load, "load_network", lambda path: loads.append(path) or lifter)
    file = run_of(workbench.project)
    workbench.fits.network.choose(file)
    assert loads == []
    desk.fit("fit.guess")
    assert workbench.person.guess is not None, desk.said
    desk.do("fit.guess_queue")
    desk.wait(lambda: not workbench.busy)
    assert loads == [file]


def test_after_guess_with_it_undo_takes_the_guesses_back_and_the_list_the_network(
    open_desk, lifter, monkeypatch
):
    from core.networks import load

    desk, workbench = open_desk, open_desk.workbench
    monkeypatch.setattr(load, "load_network", lambda path: lifter)
    file = run_of(workbench.project)
    guess_with(workbench, file)
    desk.wait(lambda: not workbench.busy)
    assert workbench.fits.network.file == file
    assert all(person.guess for photo in workbench.project.photos() for person in photo.people)
    desk.do("edit.undo")
    assert not any(person.guess for photo in workbench.project.photos() for person in photo.people)
    assert file.parent.name in desk.window.network.toolTip()
    workbench.fits.network.choose(None)
    assert workbench.fits.network.loaded is None


def test_a_checkpoint_that_cannot_be_read_leaves_the_network_as_it_was(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    guess_with(workbench, run_of(workbench.project))
    desk.wait(lambda: desk.said)
    assert workbench.fits.network.file is None
    assert not any("0 of" in text for text in desk.told)


def test_the_steps_of_work_start_after_the_network_is_loaded():
    def load():
        raise CheckpointError("no")

    steps = with_network(load, lambda network: iter([1]))
    with pytest.raises(CheckpointError):
        next(steps)


def test_choices_are_kept_in_the_settings_by_the_projects_place(open_desk, tmp_path):
    settings = open_desk.settings
    one, other = tmp_path / "one.fitloop", tmp_path / "other.fitloop"
    settings.keep_network(one, tmp_path / "a.pt")
    assert settings.network_of(one) == tmp_path / "a.pt"
    assert settings.network_of(other) is None
    settings.keep_network(one, None)
    assert settings.network_of(one) is None
    settings._store.setValue("networks", "not json")
    assert settings.network_of(one) is None
    settings._store.setValue("networks", "[3]")
    assert settings.network_of(one) is None


def test_a_project_is_read_only_for_its_people_and_still_has_a_network(open_desk, tmp_path):
    path = open_desk.workbench.project.path
    with Project.open(path, read_only=True) as project:
        open_desk.settings.keep_network(project.path, tmp_path / "a.pt")
        assert open_desk.settings.network_of(path) == tmp_path / "a.pt"
