"""`python -m train.fits` in the user's words: a data set goes in, a fits dictionary comes out, whatever happens."""

import json
import math
import os
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body import BodyParams, load_body
from core.body.keypoints import convert
from core.metrics import mpjpe_mm
from core.networks.checkpoint import save_checkpoint
from core.networks.spin import spin_checkpoint
from core.records import Fit
from core.store.fits.dictionary import FitsDictionary
from core.store.project.project import Project
from tests.core.formats.making import write_photos
from tests.core.networks.making import random_network
from tests.train.making_people import known_photos, unseen, write_people
from tests.waiting import LONGEST_S
from train import fits
from train.bulk import fit_batches
from train.run.progress_line import ProgressLine

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_people(tmp_path / "people.json", known_photos()[0])


def run(*words: object) -> int:
    return fits.main([str(word) for word in words])


def told(capsys: pytest.CaptureFixture[str]) -> dict:
    return json.loads(capsys.readouterr().out)


def test_people_of_two_layouts_are_fitted_and_come_out_in_their_order(source, tmp_path, capsys):
    assert run(source, "--out", tmp_path / "fits.npz", "--batch", 4, "--guess", "none", "--json") == 0
    said = told(capsys)
    assert (said["people"], said["fitted"], said["valid"], said["not_fitted"]) == (12, 12, 12, {})
    photos, truth = known_photos()
    found = FitsDictionary.load(tmp_path / "fits.npz", load_body().fingerprint)
    assert found.imgname.tolist() == [photo.path for photo in photos for _ in photo.people]
    assert set(found.dataset) == {"people"}
    assert found.score.max() < 4.0
    assert found.focal_length[0] == pytest.approx((640**2 + 480**2) ** 0.5)
    body = load_body()
    zero = torch.zeros(12, 3)
    own = BodyParams.from_pose(found.pose, found.betas, zero, found.kid)
    joints = [body.pose(params)[1] for params in (own, replace(truth, cam_t=zero))]
    joints = [each - each[:, :1] for each in joints]
    assert mpjpe_mm(*joints).median() < 120.0


def test_the_lifter_says_where_fits_start(source, tmp_path, capsys):
    assert run(source, "--out", tmp_path / "fits.npz", "--guess", "lifter", "--json") == 0
    assert told(capsys)["valid"] == 12


@pytest.mark.parametrize("guess", ["run/checkpoint.pt", "run"])
def test_an_image_network_says_where_fits_start_but_of_photos_that_cannot_be_read(tmp_path, capsys, guess):
    source = write_people(tmp_path / "people.json", known_photos(2, 2)[0])
    (tmp_path / "run").mkdir()
    save_checkpoint(tmp_path / "run" / "checkpoint.pt", spin_checkpoint(random_network()))
    write_photos(tmp_path, ("0.jpg",), height=480, width=640)
    assert run(source, "--out", tmp_path / "fits.npz", "--guess", tmp_path / guess, "--json") == 0
    missed = told(capsys)["not_fitted"]
    assert list(missed) == ["1.jpg, person 3", "1.jpg, person 4"]
    assert all("no guess, as its photo cannot be read" in why for why in missed.values())
    assert FitsDictionary.load(tmp_path / "fits.npz").score.isnan().tolist() == [False, False, True, True]
    assert run(source, "--out", tmp_path / "fits.npz", "--guess", tmp_path / "nothing.pt") == 1
    assert "nothing.pt" in capsys.readouterr().err


def test_rows_of_a_spin_data_set_stay_in_their_order(tmp_path):
    photos = known_photos(2, 2)[0]
    write_photos(tmp_path, ("0.jpg", "1.jpg"), height=480, width=640)
    rows = [photos[number % 2].people[number // 2] for number in range(4)]
    seen = np.stack([convert(person.keypoints.array, person.keypoints.layout, "spin49") for person in rows])
    names = np.array(["0.jpg", "1.jpg", "0.jpg", "1.jpg"])
    center, scale = (
        np.stack([person.bbox.center for person in rows]),
        np.array([one.bbox.scale for one in rows]),
    )
    path = tmp_path / "train.npz"
    np.savez(path, imgname=names, center=center, scale=scale, openpose=seen[:, :25], part=seen[:, 25:])
    assert run(path, "--out", tmp_path / "fits.npz", "--dataset", "mine") == 0
    found = FitsDictionary.load(tmp_path / "fits.npz")
    found.check_images(names, "train.npz")
    assert np.allclose(found.keypoints, seen, atol=1e-3)
    assert set(found.dataset) == {"mine"}


def write_spin_dataset(folder: Path, count: int, absent: list[int]) -> np.ndarray:
    """folder/train.npz of one person in a photo a row; those of the absent are missing. Returns imgname (N,)."""
    (photo,) = known_photos(1, 1)[0]
    (person,) = photo.people
    names = np.array([f"{row}.jpg" for row in range(count)])
    write_photos(folder, tuple(np.delete(names, absent)), height=480, width=640)
    scale = np.full(count, person.bbox.scale)
    scale[absent[-1]] = np.nan
    seen = np.tile(convert(person.keypoints.array, person.keypoints.layout, "spin49"), (count, 1, 1))
    center = np.tile(person.bbox.center, (count, 1))
    path = folder / "train.npz"
    np.savez(path, imgname=names, center=center, scale=scale, openpose=seen[:, :25], part=seen[:, 25:])
    return names


def test_a_few_rows_of_a_spin_data_set_whose_photo_is_missing_stay_and_are_empty(tmp_path, capsys):
    absent = [1, 3]
    names = write_spin_dataset(tmp_path, 40, absent)
    assert run(tmp_path / "train.npz", "--out", tmp_path / "fits.npz", "--guess", "none", "--json") == 0
    said = told(capsys)
    assert (said["people"], said["fitted"], said["kept"], said["left_out"]) == (38, 38, 0, 2)
    found = FitsDictionary.load(tmp_path / "fits.npz")
    found.check_images(names, "train.npz")
    assert found.score.isnan().nonzero().flatten().tolist() == absent
    assert (~found.valid_fit).nonzero().flatten().tolist() == absent
    assert np.allclose(found.keypoints[: absent[-1]], found.keypoints[:1])
    assert not found.keypoints[absent[-1]].any(), "it has no box to see them in"
    assert set(found.dataset) == {"train"}


def test_rows_of_a_spin_data_set_in_a_zip_stay_in_their_order(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "in").mkdir()
    names = write_spin_dataset(tmp_path / "in", 40, [1, 3])
    with zipfile.ZipFile("set.zip", "w") as archive:
        for file in (tmp_path / "in").iterdir():
            archive.write(file, file.name)
    assert run("set.zip", "--out", "fits.npz", "--guess", "none") == 0
    found = FitsDictionary.load(tmp_path / "fits.npz")
    found.check_images(names, "train.npz")
    assert found.score.isnan().nonzero().flatten().tolist() == [1, 3]


def test_so_many_missing_photos_that_no_training_takes_the_data_set_are_left_out_of_its_fits(tmp_path):
    write_spin_dataset(tmp_path, 4, [1, 3])
    assert run(tmp_path / "train.npz", "--out", tmp_path / "fits.npz", "--guess", "none") == 0
    assert FitsDictionary.load(tmp_path / "fits.npz").imgname.tolist() == ["0.jpg", "2.jpg"]


def test_missing_photos_are_counted_as_training_counts_them_and_not_the_people_in_them(tmp_path):
    names = write_spin_dataset(tmp_path, 40, [1, 3])
    names[5:] = "5.jpg"  # 2 of 6 photos are missing, as 2 of 40 rows
    arrays = dict(np.load(tmp_path / "train.npz"))
    np.savez(tmp_path / "train.npz", **{**arrays, "imgname": names})
    assert run(tmp_path / "train.npz", "--out", tmp_path / "fits.npz", "--guess", "none") == 0
    assert not {"1.jpg", "3.jpg"} & set(FitsDictionary.load(tmp_path / "fits.npz").imgname)


def test_one_bad_person_spoils_nobody(tmp_path, capsys):
    photos = list(known_photos(1)[0])
    good = write_people(tmp_path / "good.json", tuple(photos))
    first, *others = photos[0].people
    bad = write_people(tmp_path / "bad.json", (photos[0].with_(people=(unseen(first), *others)),))
    assert run(good, "--out", tmp_path / "good.npz", "--guess", "none") == 0
    capsys.readouterr()
    assert run(bad, "--out", tmp_path / "bad.npz", "--guess", "none", "--json") == 0
    assert told(capsys)["not_fitted"] == {
        "0.jpg, person 1": "no visible keypoint. Mark at least one, or leave the person out."
    }
    one, other = (FitsDictionary.load(tmp_path / name) for name in ("good.npz", "bad.npz"))
    assert other.valid_fit.tolist() == [False, True, True, True]
    assert other.score[0].isnan()
    assert torch.allclose(one.pose[1:], other.pose[1:], atol=1e-4)


def test_a_batch_of_nobody_to_fit_is_said_person_by_person(tmp_path, capsys):
    (photo,) = known_photos(1, 2)[0]
    nobody = photo.with_(people=tuple(map(unseen, photo.people)))
    source = write_people(tmp_path / "nobody.json", (nobody,))
    for guess in ("none", "lifter"):
        assert run(source, "--out", tmp_path / "fits.npz", "--guess", guess, "--json") == 0
        said = told(capsys)
        assert list(said["not_fitted"]) == ["0.jpg, person 1", "0.jpg, person 2"]
        assert said["median_score_px"] is None


def test_a_project_is_fitted_and_what_a_human_accepted_stays(tmp_path, capsys):
    (photo,) = known_photos(1, 3)[0]
    body = load_body().fingerprint
    own = Fit(np.full(72, 0.1), np.zeros(10), 0, [0, 0, 3], 800, [320, 240], 1.0, body, "curated")
    first, second, third = photo.people
    other = first.with_(fit=replace(own, body="another"), locked=True, verdict="accepted")
    people = (other, second.with_(fit=own, locked=True), third)
    with Project.create(tmp_path / "a.fitloop") as project:
        project.add_photos([photo.with_(people=people)])
    assert run(tmp_path / "a.fitloop", "--out", tmp_path / "fits.npz", "--json") == 0
    assert told(capsys)["kept"] == 1
    found = FitsDictionary.load(tmp_path / "fits.npz", body)
    assert found.locked.tolist() == [False, True, False]
    assert found.verdict.tolist() == ["todo", "todo", "todo"]
    assert (found.pose[1] == torch.tensor(0.1)).all()
    assert found.valid_fit.all()


def test_a_source_of_truth_alone_is_valid_and_its_median_score_is_not_made_up(tmp_path, capsys):
    (photo,) = known_photos(1, 2)[0]
    body = load_body().fingerprint
    truth = Fit(np.full(72, 0.1), np.zeros(10), 0, [0, 0, 3], 800, [320, 240], math.nan, body, "curated")
    people = tuple(person.with_(fit=truth, locked=True) for person in photo.people)
    with Project.create(tmp_path / "a.fitloop") as project:
        project.add_photos([photo.with_(people=people)])
    assert run(tmp_path / "a.fitloop", "--out", tmp_path / "fits.npz") == 0
    said = capsys.readouterr().out
    assert "2 people, 2 with a valid fit, 2 kept as they were; none has a score;" in said
    assert FitsDictionary.load(tmp_path / "fits.npz", body).valid_fit.all()


def interrupted_after(monkeypatch: pytest.MonkeyPatch, batches: int) -> None:
    """Ctrl-C while batch number `batches` + 1 is being fitted."""
    left = [batches]

    def fit_batch(*arguments: object) -> fit_batches.BatchFits:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return fit_batches.fit_batch(*arguments)

    monkeypatch.setattr(fits, "fit_batch", fit_batch)


def test_a_run_that_was_stopped_goes_on_and_ends_with_the_same_bytes(source, tmp_path, capsys, monkeypatch):
    arguments = ("--batch", 4, "--guess", "none", "--json")
    assert run(source, "--out", tmp_path / "a.npz", *arguments) == 0
    with monkeypatch.context() as patch:
        interrupted_after(patch, 2)
        assert run(source, "--out", tmp_path / "b.npz", *arguments) == 130
    assert "goes on from there" in capsys.readouterr().err
    assert not (tmp_path / "b.npz").exists()
    assert run(source, "--out", tmp_path / "b.npz", *arguments) == 0
    assert told(capsys)["from_an_earlier_start"] > 0
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert sorted(path.name for path in tmp_path.glob("*.npz*")) == ["a.npz", "b.npz"]


def test_unfinished_work_of_another_source_or_other_options_is_left_alone(
    source, tmp_path, capsys, monkeypatch
):
    out = ("--out", tmp_path / "a.npz", "--guess", "none")
    with monkeypatch.context() as patch:
        interrupted_after(patch, 1)
        assert run(source, *out, "--batch", 4) == 130
    before = {path.name: path.read_bytes() for path in (tmp_path / "a.npz.parts").glob("*.*")}
    assert run(source, *out, "--batch", 5) == 1
    assert "batch '4' there, '5' now" in capsys.readouterr().err
    other = write_people(tmp_path / "other.json", known_photos(seed=1)[0])
    assert run(other, *out, "--batch", 4) == 1
    assert "another source or other options (people" in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "a.npz.parts").glob("*.*")} == before


def test_a_mistyped_guess_leaves_nothing_that_would_refuse_the_right_one(source, tmp_path, capsys):
    assert run(source, "--out", tmp_path / "fits.npz", "--guess", "liftre") == 1
    assert "liftre" in capsys.readouterr().err
    assert run(source, "--out", tmp_path / "fits.npz", "--guess", "none") == 0


def test_a_damaged_part_is_made_anew(source, tmp_path, capsys, monkeypatch):
    arguments = (source, "--out", tmp_path / "a.npz", "--batch", 4, "--guess", "none")
    with monkeypatch.context() as patch:
        interrupted_after(patch, 1)
        run(*arguments)
    (part,) = (tmp_path / "a.npz.parts").glob("[0-9]*.npz")
    part.write_bytes(part.read_bytes()[:100])
    assert run(*arguments) == 1
    assert "The same command makes it anew" in capsys.readouterr().err
    assert run(*arguments) == 0


def test_two_runs_do_not_write_one_file(source, tmp_path, capsys, monkeypatch):
    arguments = (source, "--out", tmp_path / "a.npz", "--guess", "none")
    second = []

    def fit_batch(*given: object) -> fit_batches.BatchFits:
        second.append(run(*arguments))
        raise KeyboardInterrupt

    monkeypatch.setattr(fits, "fit_batch", fit_batch)
    assert run(*arguments) == 130
    assert second == [1]
    assert "in use by another process" in capsys.readouterr().err


def test_two_processes_share_the_work_and_end_with_the_bytes_of_one(source, tmp_path):
    arguments = [str(source), "--batch", "4", "--guess", "none", "--out"]
    assert run(*arguments, tmp_path / "one.npz") == 0
    shared = ["torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "train.fits"]
    done = subprocess.run(
        [sys.executable, "-m", *shared, *arguments, str(tmp_path / "two.npz")],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("12 people") == 1
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()


@pytest.mark.skipif(sys.platform == "win32", reason="the runs are forked")
def test_a_run_that_is_killed_at_random_loses_nothing_and_does_nothing_twice():
    done = subprocess.run(
        [sys.executable, "-m", "tests.stress.kill_fits", "--times", "4", "--photos", "3"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "4 kills" in done.stdout


def test_a_source_without_people_and_a_wrong_command_are_said(tmp_path, capsys):
    Project.create(tmp_path / "empty.fitloop").close()
    assert run(tmp_path / "empty.fitloop", "--out", tmp_path / "a.npz") == 1
    assert "empty.fitloop: no person could be read from it" in capsys.readouterr().err
    with pytest.raises(SystemExit) as left:
        run(tmp_path / "empty.fitloop", "--out", "a.npz", "--batch", "0")
    assert left.value.code == 2


def test_progress_tells_rate_and_time_left(monkeypatch):
    progress = ProgressLine(1000, 200, "people", speaks=True)
    monkeypatch.setattr(ProgressLine, "seconds", 5.0)
    assert progress.words(400) == "[##########..............] 400/1000 people, 40.0 a second, 15 s left"
    assert progress.words(200) == "[#####...................] 200/1000 people"
