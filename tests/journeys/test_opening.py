"""Files named on the command line, through the real main: each becomes a project beside it, and is shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.store import Project
from tests.core.formats.making import samples
from tests.waiting import LONGEST_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


def run_main(home, *arguments):
    environment = os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home / "config")}
    return subprocess.run(
        [sys.executable, str(ROOT / "main.py"), *map(str, arguments)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
    )


@pytest.mark.gl
@pytest.mark.parametrize("kind", ["curated", "coco", "openpose", "spin", "eft"])
def test_a_file_of_another_program_or_of_training_is_opened_by_its_name_alone(kind, tmp_path):
    made = samples(tmp_path / "made")[kind]
    if kind == "spin":  # its keypoints are random, and tell no frame
        with np.load(made.file) as arrays:
            told = {**arrays, "pose_frame": np.array("crop")}
        np.savez(made.file, **told)
    picture = tmp_path / "window.png"
    done = run_main(tmp_path, made.file, "--screenshot", picture)
    assert done.returncode == 0, done.stderr
    assert picture.is_file()
    with Project.open(made.file.with_name(made.file.stem + ".fitloop"), read_only=True) as project:
        people = [person for photo in project.photos() for person in photo.people]
        assert len(people) == made.people
        if kind == "curated":
            assert any(person.fit is not None for person in people)  # others may be fitted at opening


@pytest.mark.gl
def test_a_picture_of_a_file_that_asks_for_its_frame_is_an_error_that_says_so(tmp_path):
    made = samples(tmp_path / "made")["spin"]
    done = run_main(tmp_path, made.file, "--screenshot", tmp_path / "window.png")
    assert done.returncode == 1
    assert "frame" in done.stderr
    assert not (tmp_path / "window.png").exists()
    assert not made.file.with_suffix(".fitloop").exists()


@pytest.mark.gl
@pytest.mark.parametrize("name", ["nowhere.npz", "empty.npz", "letter.json"])
def test_what_cannot_be_opened_is_an_error_in_words_with_status_1(name, tmp_path):
    if name != "nowhere.npz":
        (tmp_path / name).write_bytes(b"" if name == "empty.npz" else json.dumps({"dear": "reader"}).encode())
    done = run_main(tmp_path, tmp_path / name, "--screenshot", tmp_path / "window.png")
    assert done.returncode == 1
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_saved_fits_are_opened_again_as_they_were_saved(open_desk):
    """In the window: Ctrl+S, then the file it wrote."""
    desk, workbench = open_desk, open_desk.workbench
    desk.fit()
    desk.do("person.accept")
    accepted = workbench.person
    desk.do("file.save_fits")
    desk.wait(lambda: not workbench.busy)
    desk.open(workbench.project.path.with_name("people_fits.npz"))
    assert workbench.project.path.name == "people_fits.fitloop"
    again = next(person for photo in workbench.project.photos() for person in photo.people if person.locked)
    assert np.array_equal(again.fit.pose, accepted.fit.pose)
    assert again.verdict == "accepted"
    assert not workbench.fits.foreign
