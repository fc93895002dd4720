"""The train panel: the step, the curve with its points and axes, and the wait before the first step."""

import json

import pytest

from desktop.jobs.training_process import TrainingProcess

pytestmark = pytest.mark.slow


def follow(desk, folder, lines):
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"method": "spin", "options": {"steps": 100}}))
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
    assert panel._line.opts["symbol"] == "o"
    panel = follow(open_desk, tmp_path / "long", [{"step": n, "loss": 0.5} for n in range(1000)])
    assert panel._line.opts["symbol"] is None


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
