"""A training of PoseNet3D in seconds: it goes through its stages, goes on exactly, and leaves a lifter that guesses."""

import json

import numpy as np
import pytest
import torch

from core.body import load_body
from core.errors import CheckpointError
from core.formats.keypoints import coco_write
from core.methods import method_rows
from core.networks import load_lifter
from core.networks.lifter.lift import lift
from core.networks.load import load_keypoints_network, load_network
from core.networks.table import TEACHER_FILE
from core.networks.teacher.body_points import BodyPoints
from core.networks.teacher.teacher import Teacher, TeacherConfig
from core.networks.teacher.teacher_file import TaughtTeacher, load_teacher, save_teacher
from core.store import Project
from tests.train.methods.posenet3d.seen_people import bodies, photos_of
from train import posenet3d as command
from train.methods.posenet3d import method
from train.methods.posenet3d.config import Config
from train.methods.posenet3d.initial_networks import taught_before
from train.run.metrics_log import read_metrics

SMALL = "--width 24 --blocks 1 --teacher-width 24 --teacher-blocks 1 --batch 16 --threads 1 --log-every 1"
STAGES = "--share-density 0.2 --share-teacher 0.3 --share-student 0.3 --share-together 0.2"


@pytest.fixture(scope="module")
def photos():
    return photos_of(bodies(520))


@pytest.fixture(scope="module")
def people(photos, tmp_path_factory):
    """COCO JSON of 520 people."""
    path = tmp_path_factory.mktemp("people") / "people.json"
    coco_write.write(path, photos)
    return path


@pytest.fixture
def teach(people, tmp_path):
    """Teach small networks in tmp_path/NAME; returns the exit code."""

    def run(name: str, words: str) -> int:
        source = "" if "--resume" in words else f"--data {people} {SMALL} {STAGES}"
        return command.main(["--run", str(tmp_path / name), *source.split(), *words.split()])

    return run


def test_few_people_end_the_command_before_it_makes_a_folder(tmp_path, photos, capsys):
    few = tmp_path / "few.json"
    coco_write.write(few, photos[:20])
    assert command.main(["--data", str(few), "--run", str(tmp_path / "run")]) == 1
    assert "at least 500" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.slow
def test_a_training_leaves_a_teacher_and_a_lifter_that_guesses(teach, tmp_path, photos):
    assert teach("run", "--steps 20") == 0
    run = tmp_path / "run"
    losses = [{name for name in line if name.startswith("loss_")} for line in read_metrics(run)]
    assert losses[0] == {"loss_density"}
    assert {"loss_likely", "loss_bones", "loss_face"} < losses[6]
    assert "loss_distilled" in losses[12]
    assert "loss_likely" not in losses[12]
    assert {"loss_likely", "loss_distilled", "loss_views", "loss_pull"} < losses[-1]
    assert {"nats_of_views", "bones_off_percent", "distilled_mm"} < set(read_metrics(run)[-1])
    assert list((run / "pictures").iterdir())
    assert load_teacher(run).density is not None
    lifters = [load_lifter(run / "lifter"), load_lifter(run / "before_together" / "lifter")]
    assert all(one.config.hypotheses == 1 for one in lifters)
    guessing = load_keypoints_network(run / "checkpoint.pt")
    keypoints = torch.from_numpy(photos[0].people[0].keypoints.array)[None]
    camera = torch.tensor([800.0]), torch.tensor([[320.0, 240.0]])
    guess = lift(guessing, load_body(), keypoints, "coco17", *camera)
    assert guess.params.cam_t.isfinite().all()
    assert next(row for row in method_rows() if row.name == "posenet3d").guesses


@pytest.mark.slow
@pytest.mark.parametrize("stop", [2, 6, 10, 13])
def test_a_run_that_was_killed_in_any_stage_goes_on_exactly(stop, teach, tmp_path, monkeypatch):
    assert teach("whole", "--steps 14") == 0
    step = method.Pupils.step

    def broken(pupils, stage, number):
        if number == stop:
            raise KeyboardInterrupt
        return step(pupils, stage, number)

    with monkeypatch.context() as patch:
        patch.setattr(method.Pupils, "step", broken)
        assert teach("parts", "--steps 14") == 130
    assert teach("parts", "--resume") == 0
    whole, parts = (read_metrics(tmp_path / name) for name in ("whole", "parts"))
    assert [line["loss"] for line in parts] == [line["loss"] for line in whole]
    weights = [(tmp_path / name / "lifter/lifter.safetensors").read_bytes() for name in ("whole", "parts")]
    assert weights[0] == weights[1]


@pytest.mark.slow
def test_before_the_student_has_learned_no_guess_comes_from_the_run(teach, tmp_path):
    assert teach("run", "--steps 5 --share-student 0 --share-together 0") == 0
    assert not (tmp_path / "run/lifter").exists()
    with pytest.raises(CheckpointError, match="not taught yet"):
        load_network(tmp_path / "run/checkpoint.pt")


@pytest.mark.slow
def test_an_open_projects_frames_teach_discriminators_in_place_of_the_density(tmp_path, photos):
    with Project.create(tmp_path / "people.fitloop") as project:
        tracked = [photo.with_(people=(photo.people[0].with_(track=1),)) for photo in photos]
        project.add_photos(tracked)
        words = (
            f"--data {project.path} {SMALL} {STAGES} --prior discriminator --teacher-motion 0.5 --steps 10"
        )
        assert command.main([*words.split(), "--run", str(tmp_path / "run")]) == 0
    assert {"loss_motion", "loss_likely"} < set(read_metrics(tmp_path / "run")[0])
    assert load_teacher(tmp_path / "run").density is None


@pytest.mark.slow
def test_the_shipped_lifter_adapts_to_the_keypoints(teach, tmp_path):
    assert teach("run", "--start lifter --steps 10") == 0
    adapted, shipped = load_lifter(tmp_path / "run/lifter", exact=True), load_lifter(exact=True)
    assert adapted.config == shipped.config
    apart = (adapted.into.weight - shipped.into.weight).abs().max()
    assert 0 < apart < 0.05


@pytest.mark.slow
def test_the_teacher_of_another_run_teaches_a_new_student_at_once(teach, tmp_path):
    assert teach("first", "--steps 8 --share-student 0 --share-together 0") == 0
    first = tmp_path / "first"
    assert teach("second", f"--taught-by {first} --steps 10 --seed 1") == 0
    losses = [set(line) for line in read_metrics(tmp_path / "second")]
    assert "loss_distilled" in losses[0]
    assert not {"loss_density", "loss_likely"} & losses[0]
    assert {"loss_likely", "loss_distilled"} < losses[-1]
    before = load_teacher(tmp_path / "second/before_together").teacher.state_dict()
    taught = load_teacher(first).teacher.state_dict()
    assert all(torch.equal(before[name], taught[name]) for name in taught)


def test_a_teacher_of_other_points_is_refused(tmp_path):
    points = BodyPoints.of_layout("coco17", left_out=(3,))
    other = Teacher(TeacherConfig("coco17", points.columns, width=8, blocks=1))
    save_teacher(tmp_path / TEACHER_FILE, TaughtTeacher(other, None), 1)
    with pytest.raises(CheckpointError, match="lifts 15 points of coco17, and these people have 17"):
        taught_before(tmp_path, BodyPoints.of_layout("coco17"), Config())
    with pytest.raises(CheckpointError, match="--prior discriminator"):
        taught_before(tmp_path, points, Config())


@pytest.mark.slow
def test_a_run_is_measured_against_poses_it_has_not_seen(teach, tmp_path, capsys):
    assert teach("run", "--steps 10") == 0
    pose = np.random.default_rng(0).normal(0, 0.1, (30, 72)).astype(np.float32)
    np.savez(tmp_path / "poses.npz", poses=pose, split=np.repeat(["train", "val", "test"], 10))
    capsys.readouterr()
    words = ["--evaluate", str(tmp_path / "run"), "--poses", str(tmp_path / "poses.npz"), "--threads", "1"]
    assert command.main(words) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["flat"]["people"] == 10
    assert 0 <= table["teacher exact"]["flips_percent"] <= 100
    assert table["student noisy smpl24"]["first_choice_mm"] > 0
    assert command.main(["--evaluate", str(tmp_path / "run")]) == 1
    assert "--poses POSES.npz" in capsys.readouterr().err
