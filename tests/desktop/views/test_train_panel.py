"""The train panel: the step, the curve with its points and axes, and the wait before the first step."""

import json

import cv2
import numpy as np
import pytest

from desktop.jobs.training.training_process import TrainingProcess

pytestmark = pytest.mark.slow


def follow(desk, folder, lines, method="spin"):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"method": method, "options": {"steps": 100}}))
    (folder / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    desk.window.show_panel("train")
    desk.window.training.follow(folder)
    desk.qtbot.wait(50)
    return desk.window.train_panel


def test_the_step_is_seen_without_scrolling(open_desk, tmp_path):
    panel = follow(open_desk, tmp_path / "run", [{"step": 40, "loss": 0.5}])
    assert "step 40 of 100" in panel.said.text()
    assert panel.said.visibleRegion().boundingRect().height() == panel.said.height()


def test_both_axes_are_named(open_desk, tmp_path):
    panel = follow(
        open_desk, tmp_path / "run", [{"step": 10 * n, "loss": 1.0, "mpjpe": 2.0} for n in range(3)]
    )
    plot = panel.plot.getPlotItem()
    assert plot.getAxis("bottom").labelText == "step"
    for name in ("loss", "mpjpe"):
        panel.shown_metric.setCurrentText(name)
        assert plot.getAxis("left").labelText == name
    assert plot.getAxis("left").label.isVisible()


def test_a_curve_of_few_points_shows_each_and_a_long_one_is_a_line(open_desk, tmp_path):
    panel = follow(open_desk, tmp_path / "one", [{"step": 1, "loss": 0.5}])
    assert panel.curves.lines[0].opts["symbol"] == "o"
    panel = follow(open_desk, tmp_path / "long", [{"step": n, "loss": 0.5} for n in range(1000)])
    assert panel.curves.lines[0].opts["symbol"] is None


def test_before_the_first_step_the_panel_says_what_is_waited_for(open_desk, tmp_path, monkeypatch):
    monkeypatch.setattr(TrainingProcess, "running", property(lambda self: True))
    monkeypatch.setattr(TrainingProcess, "own", property(lambda self: True))
    panel = follow(open_desk, tmp_path / "run", [])
    (tmp_path / "run" / "output.txt").write_text("reads the data\n")
    open_desk.window.training.poll()
    assert "Before the first step" in panel.said.text()
    assert "compiled" in panel.said.text()
    assert "reads the data" in panel.said.text()


def test_a_curve_is_whole_in_a_narrow_panel(open_desk, tmp_path):
    open_desk.window.resize(840, 480)
    panel = follow(open_desk, tmp_path / "run", [{"step": 40, "loss": 0.5}])
    assert panel.plot.getPlotItem().width() <= panel.plot.viewport().width() + 1


def test_all_terms_of_the_loss_are_drawn_together_with_a_legend(open_desk, tmp_path):
    lines = [
        {"step": n, "loss": 3.0, "loss_keypoints": 2.0, "loss_pose": 1.0, "mpjpe": 90.0} for n in range(5)
    ]
    panel = follow(open_desk, tmp_path / "run", lines)
    panel.shown_metric.setCurrentText("all losses")
    assert panel.curves.shown == ["loss", "loss_keypoints", "loss_pose"]
    assert [len(line.getData()[0]) for line in panel.curves.lines] == [5, 5, 5]
    assert len({line.opts["pen"].color().name() for line in panel.curves.lines}) == 3
    assert all(name in panel.curves.key.text() for name in panel.curves.shown)
    assert panel.curves.key.isVisible()
    panel.shown_metric.setCurrentText("mpjpe")
    assert not panel.curves.key.isVisible()
    assert panel.curves.lines[0].getData()[1].tolist() == [90.0] * 5
    assert panel.curves.lines[1].getData()[0] is None or not len(panel.curves.lines[1].getData()[0])


def test_the_bar_shows_how_far_the_run_is(open_desk, tmp_path):
    panel = follow(open_desk, tmp_path / "run", [{"step": 40, "loss": 0.5}])
    assert (panel.bar.value(), panel.bar.maximum()) == (40, 100)
    assert panel.bar.isVisible()


def test_the_newest_picture_of_guesses_and_fits_is_shown(open_desk, tmp_path):
    folder = tmp_path / "run"
    panel = follow(open_desk, folder, [{"step": 40, "loss": 0.5}])
    assert not panel.picture.isVisible()
    (folder / "pictures").mkdir()
    for step in (9, 20):
        assert cv2.imwrite(str(folder / "pictures" / f"{step:08d}.jpg"), np.full((40, 80, 3), step, np.uint8))
    (folder / "pictures" / "00000030.jpg.part").write_bytes(b"x")
    open_desk.window.training.poll()
    assert panel.picture.file.name == "00000020.jpg"
    assert panel.picture.isVisible()
    assert "Step 20" in panel.picture.toolTip()


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0" + bytes(100)])
def test_a_picture_that_is_none_is_not_shown(open_desk, tmp_path, content):
    folder = tmp_path / "run"
    (folder / "pictures").mkdir(parents=True)
    (folder / "pictures" / "00000030.jpg").write_bytes(content)
    (folder / "metrics.jsonl").write_text("")
    open_desk.window.show_panel("train")
    open_desk.window.training.follow(folder)
    assert not open_desk.window.train_panel.picture.isVisible()


def test_a_stopped_run_is_gone_on_with_in_its_folder(open_desk, tmp_path, monkeypatch):
    started = []

    class Child:
        def __init__(self, command, **_):
            started.append(command)

        def poll(self):
            return None

    folder = tmp_path / "run"
    panel = follow(open_desk, folder, [{"step": 40, "loss": 0.5}])
    assert not panel.resume.isEnabled()  # it may still run elsewhere, and has no checkpoint
    (folder / "checkpoint.pt").write_bytes(b"x")
    monkeypatch.setattr("desktop.jobs.training.training_process.QUIET_S", -1.0)
    open_desk.window.training.poll()
    assert panel.resume.isEnabled()
    monkeypatch.setattr("desktop.jobs.training.training_process.subprocess.Popen", Child)
    panel.resume.click()
    assert started[0][1:] == ["-m", "train.spin", "--run", str(folder), "--resume"]
    assert not panel.resume.isEnabled()
    assert panel.stop.isEnabled()


def test_a_method_in_stages_shows_the_measurements_of_all_of_them(open_desk, tmp_path):
    """Likelihood and bones of the teacher's stage stay beside the student's distilled error."""
    first = [{"step": n, "loss": 9.0, "nats_of_views": -30.0, "bones_off_percent": 8.0} for n in range(60)]
    second = [
        {"step": n, "loss": 5.0} | ({"distilled_mm": 70.0} if n % 10 == 0 else {}) for n in range(60, 4060)
    ]
    panel = follow(open_desk, tmp_path / "run", first + second, "posenet3d")
    assert panel.shown_metric.currentText() == "all measurements"
    assert panel.curves.shown == ["bones_off_percent", "distilled_mm", "nats_of_views"]
    drawn = [len(line.getData()[0]) for line in panel.curves.lines[:3]]
    assert drawn == [60, 400, 60]
