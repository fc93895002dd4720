"""train.compose: what it writes teaches train.spin, it goes on after a stop, and each bad input gets one answer."""

import json

import numpy as np
import pytest
import torch

from core.body.model import load_body
from core.networks.checkpoint import save_checkpoint
from core.networks.spin import spin_checkpoint
from core.records import BBox, Fit, Keypoints, Person, Photo
from core.store.fits.from_photos import fits_of_photos
from tests.train.compositing.making_stages import SIZE, painted
from train import compose
from train.compositing.composed_set import DATASET, truth_of
from train.compositing.composites import compose as composed
from train.compositing.cutting.stage import photos_of_dataset
from train.compositing.failing.failing_targets import AskedPerson, spin_target
from train.compositing.placer_training import PlacerTraining
from train.compositing.plans import draw_plan
from train.compositing.proposals import Proposer
from train.compositing.rounds import Rounds
from train.data.epoch_order import Order
from train.data.samples import read_dataset
from train.methods.spin.config import Config
from train.methods.spin.in_the_loop import build
from train.synthesis.writing import dataset_arrays


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def people(body, tmp_path_factory):
    """A data set as train.synthetic writes them, of four painted people."""
    folder = tmp_path_factory.mktemp("people")
    photos = painted(folder, body, 4)
    truths = [truth_of(photo.people, 1, SIZE, 0.0) for photo in photos]
    arrays = dataset_arrays(truths, body)
    arrays["imgname"] = np.array([photo.path.name for photo in photos])
    arrays["mask"] = np.array([f"mask_{i}.png" for i in range(len(photos))])
    np.savez(folder / "synthetic.npz", **arrays)
    return folder / "synthetic.npz"


@pytest.fixture(scope="module")
def target(body, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "checkpoint.pt"
    save_checkpoint(path, spin_checkpoint(build(Config(backbone="resnet10", iterations=1), body)))
    return path


@pytest.fixture(scope="module")
def curated(body, tmp_path_factory):
    """A fits dictionary of four painted people, three of them accepted."""
    folder = tmp_path_factory.mktemp("curated")
    records = []
    for i, photo in enumerate(painted(folder, body, 4)):
        one = photo.people
        fit = Fit(
            one.pose[0], one.betas[0], 0.0, one.cam_t[0], float(one.focal_length[0]), one.camera_center[0], 1.0,
            body.fingerprint, "curated",
        )  # fmt: skip
        keypoints = Keypoints("spin49", one.keypoints[0, :, :2], one.keypoints[0, :, 2])
        verdict = "accepted" if i else "todo"
        person = Person(i, BBox.from_xywh(one.box_in(SIZE)[0]), keypoints, fit=fit, verdict=verdict)
        records.append(
            Photo(photo.path.name, *SIZE, (person,), fit.focal_length, tuple(one.camera_center[0]))
        )
    fits_of_photos(records, body.fingerprint).save(folder / "people_fits.npz")
    return folder / "people_fits.npz"


def run(*arguments):
    return compose.main([str(one) for one in arguments])


def test_random_composites_are_a_data_set_that_train_spin_reads(people, body, tmp_path):
    out = tmp_path / "out"
    assert run("--data", f"a={people}", "--proposals", "random", "--out", out, "--count", 4) == 0
    samples, rows = read_dataset("composed", out / DATASET, out, body, (0.0, 1.0))
    assert len(samples) > 4
    assert rows.locked.all()
    with np.load(out / DATASET) as file:
        assert set(file["kind"]) <= {"occlusion", "crop", "scale", "crowd"}
        assert file["numbers"].shape == (len(samples), 4)
        assert np.isnan(file["target_loss"]).all()


def test_accepted_people_of_a_dictionary_are_cut_out_and_pasted(curated, tmp_path):
    out = tmp_path / "out"
    assert run("--fits", curated, "--proposals", "random", "--out", out, "--count", 3) == 0
    with np.load(out / DATASET) as file:
        assert set(file["of_row"].tolist()) <= {1, 2, 3}


def test_the_report_expects_a_loss_of_each_person_without_a_verdict(curated, target, tmp_path):
    file = tmp_path / "weak.json"
    assert run("--fits", curated, "--target", target, "--report", file, "--count", 8) == 0
    (person,) = json.loads(file.read_text())["people"]
    assert person["imgname"] == "0.png"
    assert person["expected_loss"] > 0


def test_a_dictionary_without_accepted_people_is_refused(curated, tmp_path, capsys):
    with np.load(curated) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["verdict"] = np.full(4, "todo")
    np.savez(tmp_path / "fits.npz", **arrays)
    options = ("--fits", tmp_path / "fits.npz", "--photos", curated.parent, "--proposals", "random")
    assert run(*options, "--out", tmp_path / "out") == 1
    assert "nobody is there to compose with" in capsys.readouterr().err


def test_hard_composites_know_their_target_s_loss(people, target, tmp_path):
    out = tmp_path / "out"
    assert run("--data", f"a={people}", "--target", target, "--out", out, "--count", 2) == 0
    with np.load(out / DATASET) as file:
        assert np.isfinite(file["target_loss"]).sum() == 2


def test_a_finished_data_set_is_not_written_over(people, tmp_path, capsys):
    out = tmp_path / "out"
    options = ("--data", f"a={people}", "--proposals", "random", "--out", out, "--count", 1)
    assert run(*options) == 0
    assert run(*options, "--resume") == 1
    assert "exists already" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "needs --target"),
        (["--target", "nowhere"], "nowhere"),
        (["--target", "lifter_file"], "sees no photos"),
        (["--target", "detector:nobody"], "no detector 'nobody'"),
        (["--proposals", "random", "--backgrounds", "nowhere"], "is no folder"),
        (["--proposals", "random", "--occluders", "nowhere"], "is no folder"),
    ],
)
def test_what_cannot_be_used_gets_one_answer(people, tmp_path, capsys, options, said):
    from core.networks.table import LIFTER_FOLDER

    options = [str(LIFTER_FOLDER) if word == "lifter_file" else word for word in options]
    assert run("--data", f"a={people}", "--out", tmp_path / "out", "--count", 1, *options) == 1
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1


def test_a_target_of_no_numbers_gets_one_answer(people, body, tmp_path, capsys):
    network = build(Config(backbone="resnet10", iterations=1), body)
    with torch.no_grad():
        network.decshape.bias.fill_(3e38)
    save_checkpoint(tmp_path / "bad.pt", spin_checkpoint(network))
    assert (
        run("--data", f"a={people}", "--target", tmp_path / "bad.pt", "--out", tmp_path / "o", "--count", 1)
        == 1
    )
    assert "not a finite number" in capsys.readouterr().err


def test_a_data_set_without_masks_is_refused(people, tmp_path, capsys):
    with np.load(people) as file:
        np.savez(tmp_path / "a.npz", **{name: file[name] for name in file.files if name != "mask"})
    assert run("--data", f"a={tmp_path / 'a.npz'}", "--proposals", "random", "--out", tmp_path / "o") == 1
    assert "has no mask" in capsys.readouterr().err


def test_the_report_says_where_the_target_fails(people, target, tmp_path, capsys):
    file = tmp_path / "weak.json"
    assert run("--data", f"a={people}", "--target", target, "--report", file, "--count", 8) == 0
    report = json.loads(file.read_text())
    assert report["composites"] == 8
    assert sum(one["people"] for one in report["curves"]["size"]) == 8
    assert "occlusion" in capsys.readouterr().out


def test_settling_needs_a_data_set(tmp_path, capsys):
    assert run("--settle", tmp_path) == 1
    assert "Make the composites first" in capsys.readouterr().err


@pytest.fixture(scope="module")
def stage(people, body):
    from train.compositing.cutting.stage import Stage

    return Stage(photos_of_dataset(people, people.parent, body), [], body, lambda line: None)


@pytest.mark.slow
def test_the_synthesizer_learns_through_the_pasted_pixels(stage, target, body):
    network, losses = spin_target(target, body)
    training = PlacerTraining(stage, body, network, losses, seed=0)
    before = [one.detach().clone() for one in training.placer.parameters()]
    steps = list(training.steps(2))
    moved = [(a - b).abs().max() for a, b in zip(before, training.placer.parameters(), strict=True)]
    assert all(value > 0 for value in moved)
    assert all(np.isfinite(step.loss) for step in steps)
    assert not any(one.requires_grad for one in network.parameters())
    plans = [draw_plan(stage, ["crop"], np.random.default_rng(0))]
    numbers = training.placer.numbers(plans, 3)
    assert np.abs(numbers).max() <= 1
    assert np.array_equal(numbers, training.placer.numbers(plans, 3))


def test_the_target_s_loss_is_that_of_the_person_it_is_asked_about(stage, target, body):
    _, losses = spin_target(target, body)
    rng = np.random.default_rng(0)
    one = next(one for one in (composed(draw_plan(stage, ["crowd"], rng), body) for _ in range(60)) if one)
    each = [AskedPerson(one.image, one.people, q) for q in range(len(one.people))]
    together = losses(each)
    assert together == pytest.approx([float(losses([asked])[0]) for asked in each], rel=1e-3)
    assert len(set(together.tolist())) == len(each)


@pytest.mark.slow
def test_refused_pictures_are_shown_to_the_discriminator(stage, target, body):
    network, losses = spin_target(target, body)
    training = PlacerTraining(stage, body, network, losses, 0, unreal=torch.ones(3, 3, 64, 64))
    assert len(list(training.steps(1))) == 1


def test_without_real_people_the_discriminator_learns_nothing(stage, target, body):
    from dataclasses import replace

    from core.errors import FitloopError
    from train.compositing.cutting.stage import Stage

    photos = [
        replace(one, people=replace(one.people, keypoints=0 * one.people.keypoints)) for one in stage.photos
    ]
    network, losses = spin_target(target, body)
    with pytest.raises(FitloopError, match="Give more accepted fits"):
        PlacerTraining(Stage(photos, [], body, lambda line: None), body, network, losses, 0)


def test_composed_rows_are_at_most_half_of_the_places():
    dataset = np.array(["fits"] * 10 + ["composed_0"] * 50 + ["composed_1"] * 40)
    order = Order(np.arange(100), dataset, 0)
    shares = dict(zip(np.unique(dataset), (share for _, share in order.groups), strict=True))
    assert shares["composed_0"] + shares["composed_1"] == pytest.approx(0.5)
    assert shares["composed_0"] == pytest.approx(50 / 90 * 0.5)


def test_each_round_learns_from_the_composites_of_all_rounds_before(tmp_path, target):
    rounds = Rounds(tmp_path, target, ("--fits", "a.npz"), ("--steps", "3"))
    (tmp_path / "round_0" / "run").mkdir(parents=True)
    (tmp_path / "round_0" / "run" / "checkpoint.pt").write_bytes(target.read_bytes())
    words = " ".join(rounds.arguments(1))
    assert "--data composed_0=" in words
    assert "--data composed_1=" in words
    assert f"--guess {tmp_path / 'round_0' / 'run'} --backbone resnet10 --iterations 1" in words


def test_other_rounds_make_other_photos(stage, body):
    first, second = (Proposer(stage, body, None, "random", 0, turn).composites([0])[0][0] for turn in (0, 1))
    assert first.plan.kind != second.plan.kind or not np.array_equal(first.image, second.image)


@pytest.mark.slow
def test_rounds_alternate_and_a_round_done_is_not_done_again(people, target, tmp_path):
    spin = "--steps 1 --batch 2 --workers 0 --picture-every 0 --fits-only --threads 1"
    options = (
        "--data",
        f"a={people}",
        "--target",
        target,
        "--run",
        tmp_path / "runs",
        "--rounds",
        2,
        "--count",
        4,
    )
    assert run(*options, "--spin", spin, "--proposals", "random") == 0
    marks = sorted(path.parent.name for path in (tmp_path / "runs").glob("round_*/done"))
    assert marks == ["round_0", "round_1"]
    before = (tmp_path / "runs" / "round_1" / "run" / "checkpoint.pt").stat().st_mtime_ns
    assert run(*options, "--spin", spin, "--proposals", "random") == 0
    assert (tmp_path / "runs" / "round_1" / "run" / "checkpoint.pt").stat().st_mtime_ns == before
