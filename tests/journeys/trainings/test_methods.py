"""The window trains by every method of the table, and follows a method that was added to it as any other."""

import json

import pytest
from PySide6.QtWidgets import QFileDialog

import core.methods
from tests.train import toy_method


@pytest.fixture
def with_toy(tmp_path, monkeypatch):
    """The table with one more row."""
    rows = json.loads(core.methods.METHODS_FILE.read_text())
    file = tmp_path / "methods.json"
    file.write_text(json.dumps([*rows, toy_method.ROW]))
    monkeypatch.setattr(core.methods, "METHODS_FILE", file)


@pytest.mark.slow
@pytest.mark.usefixtures("with_toy")
def test_a_new_method_is_offered_started_and_followed(open_desk):
    desk, panel, training = open_desk, open_desk.window.train_panel, open_desk.window.training
    panel.method.setCurrentText("Toy")
    assert (panel.steps.value(), panel.batch.value()) == (12, 4)
    panel.more.setText("--log-every 1")
    panel.start.click()
    assert training.running
    assert training.run.folder.name.startswith("toy-")
    desk.wait(lambda: not training.running)
    training.poll()
    assert [line["step"] for line in training.run.lines] == list(range(1, 13)), training.run.last_words
    assert training.run.method.name == "toy"
    assert panel.said.text() == f"{training.run.folder.name} has ended after step 12"
    panel.shown_metric.setCurrentText("loss_off")
    assert len(panel.curves.lines[0].getData()[0]) == 12
    assert training.run.checkpoint is not None
    assert not panel.use.isEnabled(), "no guess can come from a line"
    assert desk.said == []


def test_a_method_that_learns_from_a_file_asks_for_it(open_desk, tmp_path, monkeypatch):
    desk, panel, training = open_desk, open_desk.window.train_panel, open_desk.window.training
    started, chosen = [], [""]
    monkeypatch.setattr(training, "start", lambda *told: started.append(told))
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen[0], ""))
    panel.method.setCurrentText("Lifter")
    panel.start.click()
    assert started == []
    chosen[0] = str(tmp_path / "poses.npz")
    panel.start.click()
    ((folder, method, options),) = started
    assert method.command == "train.lifter"
    assert folder.name.startswith("lifter-")
    assert options == ["--poses", chosen[0], "--steps", "10000", "--batch", "512"]
    assert desk.said == []


def test_a_method_that_learns_from_keypoints_is_given_the_project_and_needs_no_fits(open_desk, monkeypatch):
    desk, panel, training = open_desk, open_desk.window.train_panel, open_desk.window.training
    started = []
    monkeypatch.setattr(training, "start", lambda *told: started.append(told))
    panel.method.setCurrentText("PoseNet3D")
    assert "keypoints" in panel.said.text()
    panel.start.click()
    ((folder, method, options),) = started
    assert method.command == "train.posenet3d"
    assert folder.name.startswith("posenet3d-")
    project = str(desk.workbench.project.path)
    assert options == ["--data", project, "--steps", "4000", "--batch", "256"]
    assert desk.said == []


def test_only_a_run_whose_network_guesses_is_offered_for_guesses(desk, tmp_path):
    """A run of an older version does not say its method: it is of the first."""
    training, panel = desk.window.training, desk.window.train_panel
    (tmp_path / "checkpoint.pt").touch()
    for method, guesses in (
        (None, True),
        ("spin", True),
        ("lifter", True),
        ("posenet3d", True),
        ("unknown here", False),
    ):
        said = {} if method is None else {"method": method}
        (tmp_path / "config.json").write_text(json.dumps({"options": {"steps": 9}, **said}))
        training.follow(tmp_path)
        assert panel.use.isEnabled() == guesses
        assert training.run.steps == 9
