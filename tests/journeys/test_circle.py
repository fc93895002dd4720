"""The whole circle on real photos, through the commands and the program themselves: annotations, project, fits, a
correction, accept, save, train, and the checkpoint makes the next guess."""

import itertools
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QKeySequence

from core.body.keypoints import layout
from core.geometry.image import read_image
from core.networks.guess import guess
from core.networks.spin import load_spin_network
from core.store import FitsDictionary, Project
from tests.journeys.program import in_the_program
from train.methods.spin.config import Config
from train.methods.spin.in_the_loop import build

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
LIMBS = ("left_wrist", "right_wrist", "left_elbow", "right_elbow", "left_ankle", "right_ankle")
TRAIN = "--backbone resnet10 --batch 12 --steps 3 --epochs 0 --learning-rate 1e-3 --threads 1 --workers 1 --log-every 1"


def command(*words):
    done = subprocess.run([sys.executable, "-m", *map(str, words)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def joined(files, path):
    """One COCO file of several, each with its own layout. A photo that comes again is taken the first time."""
    numbers, seen = itertools.count(1), set()
    whole = {"images": [], "annotations": [], "categories": []}
    for file in files:
        one = json.loads(file.read_text())
        if not seen.isdisjoint(image["file_name"] for image in one["images"]):
            continue
        seen |= {image["file_name"] for image in one["images"]}
        new = {(kind, entry["id"]): next(numbers) for kind in whole for entry in one[kind]}
        for entry in one["annotations"]:
            entry["image_id"] = new["images", entry["image_id"]]
            entry["category_id"] = new["categories", entry["category_id"]]
        for kind, entries in whole.items():
            entries += [{**entry, "id": new[kind, entry["id"]]} for entry in one[kind]]
    path.write_text(json.dumps(whole))
    return path


def people_of(project):
    return {person.id: person for photo in project.photos() for person in photo.people}


def correct(desk):
    """Fit everybody, drag a wrist of the worst, accept, save. Returns that person as it was and as it is."""
    workbench = desk.workbench
    desk.do("fit.queue")
    desk.wait(lambda: not workbench.busy)
    people = people_of(workbench.project)
    assert len(people) == 37
    seen = [person for person in people.values() if person.keypoints.confidence.any()]
    assert len(seen) == 36
    assert all(person.fit is not None and person.guess.network == "lifter" for person in seen)
    desk.do("person.next_worst")
    desk.do("view.person")
    before, photo = workbench.person, workbench.photo
    name = next(name for name in LIMBS if before.keypoints.confidence[desk.index(name)] > 0)
    desk.drag(desk.place_of(name), desk.place_of(name) + QPointF(0, -25))
    desk.do("person.accept")
    keys = desk.window.actions_by_id["file.save_fits"]
    assert keys.shortcut() == QKeySequence("Ctrl+S")
    keys.trigger()
    desk.wait(lambda: not workbench.busy)
    accepted = people_of(workbench.project)[before.id]
    assert desk.said == []
    return photo, name, before, accepted


def rows_of(path, photo, person):
    """All that a fits dictionary has of a person, bit for bit."""
    fits = FitsDictionary.load(path)
    mine = (fits.imgname == photo.path) & np.isclose(fits.center.numpy(), person.bbox.center).all(1)
    (row,) = np.flatnonzero(mine)
    return {name: value[row] for name, value in fits.arrays().items() if value.ndim}


def test_what_a_curator_corrects_teaches_the_network_that_guesses_next(shared_data, tmp_path):
    photos = shared_data / "photos"
    files = [file for file in sorted(photos.glob("*.json")) if "annotations" in json.loads(file.read_text())]
    project, curated, run = (tmp_path / name for name in ("all.fitloop", "all_fits.npz", "runs/first"))
    command("train.convert", joined(files, tmp_path / "all.json"), project, "--photos", photos)

    photo, name, before, accepted = in_the_program(project, correct, tmp_path)
    place = layout(accepted.keypoints.layout).index(name)
    corrected = accepted.keypoints.xy[place]
    assert corrected[1] < before.keypoints.xy[place][1] - 1
    assert accepted.locked
    saved = rows_of(curated, photo, accepted)
    assert saved["locked"]
    assert saved["verdict"] == "accepted"
    there = [
        k
        for k, other in enumerate(layout("spin49").definitions)
        if other == layout(accepted.keypoints.layout).definitions[place]
    ]
    np.testing.assert_array_equal(saved["keypoints"][there, :2], np.tile(corrected, (len(there), 1)))

    command("train.spin", "--fits", curated, "--run", run, *TRAIN.split())
    steps = [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]
    assert [step["step"] for step in steps] == [1, 2, 3]
    assert sum(step["locked"] for step in steps) == 1
    trained = rows_of(run / "fits.npz", photo, accepted)
    assert trained.keys() == saved.keys()
    for key, value in saved.items():
        assert np.array_equal(trained[key], value, equal_nan=value.dtype.kind == "f"), key

    def guess_anew(desk):
        workbench, panel = desk.workbench, desk.window.train_panel
        desk.window.training.follow(run)
        panel.use.click()
        desk.wait(lambda: workbench.fits.network.loaded is not None)
        desk.do("person.next_worst")
        old = workbench.person
        desk.fit("fit.guess")
        assert desk.said == []
        return workbench.photo, old, workbench.person, workbench.fits.body

    photo, old, new, body = in_the_program(project, guess_anew, tmp_path)
    assert not new.locked
    assert (old.guess.network, new.guess.network) == ("lifter", "spin")
    network = load_spin_network(run / "checkpoint.pt")
    (said,) = guess(read_image(project.parent / photo.path), [old], photo, network, body)
    np.testing.assert_allclose(new.guess.pose, said.pose, atol=1e-4)
    assert np.abs(new.guess.pose - old.guess.pose).max() > 0.05
    untaught = build(Config(backbone="resnet10"), body).eval()
    (first,) = guess(read_image(project.parent / photo.path), [old], photo, untaught, body)
    assert np.abs(said.pose - first.pose).max() > 1e-3  # it has learned
    with Project.open(project) as again:
        assert again.check() == []
        assert people_of(again)[accepted.id].locked
