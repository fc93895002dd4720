"""`python -m train.convert` in the user's words: from each format to a project and out of it again."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import trimesh

from core.detect import Found
from core.formats.bodies import parameters
from core.formats.keypoints import coco, coco_write, openpose
from core.formats.table import formats_read, formats_recognised, formats_written
from core.records import Keypoints
from core.store.project.project import Project
from tests.bodies import toy_arrays, write_npz
from tests.core.formats import making
from tests.core.formats.making import fit, person, photo_with, samples, write_photos
from train import convert
from train.bulk import detect_photos

ROOT = Path(__file__).parents[2]


@pytest.fixture
def body_file(tmp_path: Path) -> Path:
    return write_npz(tmp_path / "body.npz", toy_arrays())


def run(*words: object) -> int:
    return convert.main([str(word) for word in words])


def project_of(path: Path) -> list:
    with Project.open(path, read_only=True) as project:
        return list(project.photos())


@pytest.mark.parametrize("name", [row.word for row in formats_recognised()])
def test_a_file_of_each_format_becomes_a_project(name, tmp_path, capsys):
    made = samples(tmp_path)[name]
    assert run(made.path, tmp_path / "new.fitloop", "--frame", "crop") == 0, capsys.readouterr().err
    assert sum(len(photo.people) for photo in project_of(tmp_path / "new.fitloop")) == made.people
    assert f"{made.people} p" in capsys.readouterr().out


def test_photos_of_a_project_lie_where_its_paths_say(tmp_path):
    made = samples(tmp_path)["coco"]
    deep = tmp_path / "deep" / "er"
    deep.mkdir(parents=True)
    assert run(made.path, deep / "new.fitloop") == 0
    for photo in project_of(deep / "new.fitloop"):
        assert (deep / photo.path).is_file()


def test_fits_beside_a_spin_data_set_are_never_written_over(tmp_path, capsys):
    made = samples(tmp_path)["spin"]
    fits = made.path.with_name("edited_fits.npy")
    np.save(fits, np.zeros((3, 82)))
    before = fits.read_bytes()
    assert run(made.path, tmp_path / "new.fitloop", "--frame", "crop") == 0
    arguments = ("--base", made.path, "--fits", fits)
    assert run(tmp_path / "new.fitloop", made.path.with_name("edited.npz"), *arguments) == 1
    assert "edited_fits.npy would be replaced" in capsys.readouterr().err
    assert fits.read_bytes() == before
    assert not made.path.with_name("edited.npz").exists()


@pytest.mark.parametrize("folder", ["labels", "results"])
def test_annotations_in_a_folder_of_any_name_keep_their_photos(folder, tmp_path):
    samples(tmp_path)["coco"].path.parent.rename(tmp_path / folder)
    assert run(tmp_path / folder / "people.json", tmp_path / "new.fitloop") == 0
    assert all((tmp_path / photo.path).is_file() for photo in project_of(tmp_path / "new.fitloop"))


def test_one_result_of_smplify_x_keeps_its_photo(tmp_path):
    made = samples(tmp_path)["smplifyx"]
    assert run(made.file, tmp_path / "new.fitloop", "--from", "smplifyx") == 0
    (photo,) = project_of(tmp_path / "new.fitloop")
    assert (tmp_path / photo.path).is_file()


def test_a_project_takes_no_folder_of_photos_and_the_way_to_moved_ones_is_told(project, tmp_path, capsys):
    assert run(project, tmp_path / "a.json", "--photos", tmp_path) == 1
    assert "--photos is not for a project, which knows where its photos are" in capsys.readouterr().err


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of one person with a fit in each of two photos."""
    write_photos(tmp_path)
    rows = [
        photo_with(person(fit=fit(seed), seed=seed), path=name) for seed, name in enumerate(making.PHOTOS)
    ]
    with Project.create(tmp_path / "march.fitloop") as created:
        created.add_photos(rows)
    return tmp_path / "march.fitloop"


def test_a_project_becomes_coco_spin_eft_and_parameters(project, tmp_path, body_file, capsys):
    for name, to in (("a.json", "coco"), ("a.npz", "spin"), ("b.json", "eft"), ("b.npz", "parameters")):
        assert run(project, tmp_path / name, "--to", to, "--body", body_file) == 0, capsys.readouterr().err
    assert run(project, tmp_path / "a.npy", "--body", body_file) == 0
    assert coco.read(tmp_path / "a.json").people == 2
    assert parameters.read(tmp_path / "b.npz").people == 2
    assert np.load(tmp_path / "a.npy").shape == (2, 82)


def test_a_project_becomes_meshes_and_an_animation(project, tmp_path, body_file):
    assert run(project, tmp_path / "body.obj", "--body", body_file) == 0
    assert sorted(path.name for path in tmp_path.glob("*.obj")) == ["body_0001.obj", "body_0002.obj"]
    assert run(project, tmp_path / "walk.glb", "--to", "animation", "--body", body_file) == 0
    assert trimesh.load(tmp_path / "walk.glb").geometry
    assert run(project, tmp_path / "walk.npz", "--to", "amass", "--body", body_file) == 0
    assert np.load(tmp_path / "walk.npz")["poses"].shape == (2, 156)


@pytest.mark.parametrize(
    ("name", "to"), [("walk.npz", "amass"), ("walk.glb", "animation"), ("a.obj", "mesh")]
)
def test_a_rejected_fit_is_in_no_sequence_and_no_mesh_and_that_is_said(
    name, to, project, tmp_path, body_file, capsys
):
    photos = project_of(project)
    doubted = photos[1].people[0].with_(verdict="rejected")
    with Project.create(tmp_path / "doubted.fitloop") as created:
        created.add_photos([photos[0], photos[1].with_(people=(doubted,))])
    assert run(tmp_path / "doubted.fitloop", tmp_path / name, "--to", to, "--body", body_file) == 0
    said = capsys.readouterr().out
    assert f"{name}: 1 " in said
    assert "it was rejected" in said
    assert ("the sequence goes on without this photo" in said) == (to != "mesh")


def test_only_edited_rows_change_with_a_base(tmp_path, body_file, capsys):
    made = samples(tmp_path)["spin"]
    assert (
        run(made.path, tmp_path / "new.npz", "--base", made.path, "--body", body_file, "--frame", "crop") == 0
    )
    assert ": 0 people" in capsys.readouterr().out


def test_detections_go_to_the_people_of_another_file(tmp_path, capsys):
    made = samples(tmp_path)["openpose"]
    known = made.file.with_name("known.json")
    coco_write.write(known, openpose.read(made.path).photos)
    assert run(made.path, tmp_path / "new.json", "--people", known) == 0, capsys.readouterr().err
    assert coco.read(tmp_path / "new.json").people == 2


def test_the_formats_are_listed(capsys):
    assert run("--list") == 0
    listed = capsys.readouterr().out
    assert all(f"  {row.word} " in listed for row in (*formats_read(), *formats_written()))


def test_a_file_that_cannot_be_read_is_said_and_nothing_is_written(tmp_path, capsys):
    (tmp_path / "what.bin").write_bytes(b"\x00\x01")
    assert run(tmp_path / "what.bin", tmp_path / "new.fitloop") == 1
    assert "what.bin: its format is not one of those that are read" in capsys.readouterr().err
    assert not (tmp_path / "new.fitloop").exists()


def test_a_project_that_is_there_is_not_written_over(project, tmp_path, capsys):
    made = samples(tmp_path / "more")["coco"]
    before = project.read_bytes()
    assert run(made.path, project) == 1
    assert "is there already" in capsys.readouterr().err
    assert project.read_bytes() == before


@pytest.mark.parametrize(
    "words", [(), ("a.json",), ("a.json", "b.xyz"), ("a.json", "b.json", "--to", "nothing")]
)
def test_a_wrong_command_ends_with_two(words):
    with pytest.raises(SystemExit) as left:
        run(*words)
    assert left.value.code == 2


@pytest.mark.parametrize("rate", ["0", "-3", "nan", "inf", "many"])
def test_a_frame_rate_that_is_none_is_refused(rate, capsys):
    with pytest.raises(SystemExit):
        run("a.json", "b.glb", "--to", "animation", f"--frame-rate={rate}")
    assert f"'{rate}' is no number above 0" in capsys.readouterr().err


@pytest.mark.slow
def test_the_command_runs_from_the_shell():
    done = subprocess.run(
        [sys.executable, "-m", "train.convert", "--list"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "COCO" in done.stdout


def test_the_open_body_places_poses_when_no_body_is_named(tmp_path, capsys):
    made = samples(tmp_path)["spin"]
    assert run(made.path, tmp_path / "new.fitloop", "--frame", "crop") == 0
    assert "open body's mean adult" in capsys.readouterr().out
    fits = [one.fit for photo in project_of(tmp_path / "new.fitloop") for one in photo.people]
    assert sum(one is not None for one in fits) == 2


class MadeUpDetector:
    """Finds one person in the middle of a photo, or of the first box."""

    def __call__(self, image, bboxes=None):
        middle = [np.array(image.shape[1::-1]) / 2] if bboxes is None else [bbox.center for bbox in bboxes]
        around = np.random.default_rng(0).normal(0, 20, (26, 2))
        found = [
            Found(Keypoints("halpe26", at + around, np.ones(26)), place=n) for n, at in enumerate(middle)
        ]
        return found[:1]

    def close(self):
        pass


@pytest.fixture
def _detector(monkeypatch):
    monkeypatch.setattr(detect_photos, "load_detector", lambda *_: MadeUpDetector())
    monkeypatch.setattr(detect_photos, "missing_weights", list)


@pytest.mark.usefixtures("_detector")
def test_people_are_detected_in_a_folder_of_photos(tmp_path, capsys):
    write_photos(tmp_path / "photos")
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no photo")
    (tmp_path / "photos" / "notes.json").write_text("{}")
    assert run(tmp_path / "photos", tmp_path / "new.fitloop", "--detect", "rtmpose") == 0
    photos = project_of(tmp_path / "new.fitloop")
    assert sorted(photo.path for photo in photos) == sorted(f"photos/{name}" for name in making.PHOTOS)
    assert all(photo.people[0].keypoints.layout == "halpe26" for photo in photos)
    assert "left out: broken.jpg" in capsys.readouterr().out


@pytest.mark.usefixtures("_detector")
def test_keypoints_are_detected_in_the_boxes_of_annotated_people(tmp_path, capsys):
    made = samples(tmp_path)["coco"]
    before = coco.read(made.path).photos
    assert run(made.path, tmp_path / "new.json", "--detect", "mediapipe") == 0, capsys.readouterr().err
    after = coco.read(tmp_path / "new.json").photos
    assert {one.keypoints.layout for photo in after for one in photo.people} == {"halpe26"}
    assert sum(len(photo.people) for photo in after) == sum(bool(photo.people) for photo in before)


@pytest.mark.usefixtures("_detector")
def test_one_photo_is_detected_and_a_folder_without_any_is_said(tmp_path, capsys):
    write_photos(tmp_path)
    assert run(tmp_path / making.PHOTOS[0], tmp_path / "one.json", "--detect", "rtmpose") == 0
    assert coco.read(tmp_path / "one.json").people == 1
    (tmp_path / "empty").mkdir()
    assert run(tmp_path / "empty", tmp_path / "two.json", "--detect", "rtmpose") == 1
    assert "its format is not one" in capsys.readouterr().err


def test_a_question_about_the_frame_names_the_option_that_answers_it(tmp_path, capsys):
    made = samples(tmp_path)["spin"]
    assert run(made.path, tmp_path / "new.fitloop") == 1
    assert "Give --frame with one of these words" in capsys.readouterr().err
    assert not (tmp_path / "new.fitloop").exists()
    assert run(made.path, tmp_path / "new.fitloop", "--frame", "photo") == 0
    assert "in the frame of the photo, as was asked for" in capsys.readouterr().out
