"""Networks are measured by protocols that have a name, and a perfect one has no error."""

import json

import numpy as np
import pytest
import torch

from core.body.model import load_body
from core.errors import ReadError
from core.geometry.rotation import axis_angle_to_matrix
from core.guess.checkpoint import save_checkpoint
from core.guess.spin_network import SpinOutput, spin_checkpoint
from tests.core.guess.making import SMALL, network_that_says
from tests.train import making_runs
from train import evaluate as evaluate_command
from train.learning import protocols
from train.learning.mean_params import mean_body
from train.learning.protocols import PROTOCOLS, evaluate, table
from train.learning.samples import read_dataset

PEOPLE = 4


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture
def dataset(tmp_path, body):
    return making_runs.write_dataset(tmp_path, body, PEOPLE)


@pytest.fixture
def knowing(dataset, body, monkeypatch):
    """A network that says the truth, turned by `off` [rad] at the knees."""

    def knows(off: float) -> None:
        _, fits = read_dataset("x", dataset, dataset.parent, body, (1.0, 1.0))
        pose = fits.crop_pose.clone()
        pose[:, 12:15] += torch.tensor([off, 0.0, 0.0])
        scale = 2 * 5000 / 224 / fits.cam_t[:, 2]
        weak = torch.stack([scale, fits.cam_t[:, 0], fits.cam_t[:, 1]], 1)

        def ask(network, samples, rows):
            return SpinOutput(axis_angle_to_matrix(pose[rows].view(-1, 24, 3)), fits.betas[rows], weak[rows])

        monkeypatch.setattr(protocols, "ask", ask)

    return knows


@pytest.fixture(scope="module")
def network():
    return network_that_says(mean_body(), SMALL)


def test_the_truth_has_no_error(dataset, body, network, knowing):
    knowing(0.0)
    for name in ("joints", "3dpw"):
        found = evaluate(network, body, name, dataset)
        assert found.people == PEOPLE
        assert found.mpjpe_mm < 0.1
        assert found.pa_mpjpe_mm < 0.1
        assert found.pck == 1.0
    assert found.pve_mm < 0.1
    assert evaluate(network, body, "coco", dataset).ar > 0.8


def test_a_bent_knee_is_an_error_of_its_size(dataset, body, network, knowing):
    knowing(0.5)
    found = evaluate(network, body, "joints", dataset)
    shin = 0.42  # m; of fourteen joints one ankle is off, by twice the sine of half the angle
    assert found.mpjpe_mm == pytest.approx(1000 * shin * 2 * np.sin(0.25) / 14, rel=0.15)
    assert 10 < found.pa_mpjpe_mm < 60  # least squares spreads the one error over all joints
    knowing(1.5)
    assert evaluate(network, body, "coco", dataset).ar < 1.0


def test_a_child_is_measured_as_the_child(tmp_path, body, network, knowing):
    knowing(0.0)
    path = making_runs.write_dataset(tmp_path, body, PEOPLE, kid=0.8)
    found = evaluate(network, body, "3dpw", path)
    assert found.mpjpe_mm > 50
    assert found.pve_mm > 50


def test_a_network_is_asked_with_its_pixels(dataset, body, network):
    found = evaluate(network, body, "joints", dataset)
    assert found.pa_mpjpe_mm > 5
    assert np.isfinite(found.mpjpe_mm)


def test_the_frontal_camera_alone_is_protocol_two(tmp_path, body, network, knowing):
    path = making_runs.write_dataset(tmp_path, body, PEOPLE)
    arrays = dict(np.load(path))
    (tmp_path / "images").rename(tmp_path / "S9_60457274")
    names = [f"S9_60457274/{i:03d}.png" for i in range(PEOPLE)]
    np.savez(path, **{**arrays, "imgname": np.array(names)})
    assert evaluate(network, body, "h36m-p2", path).people == PEOPLE
    (tmp_path / "S9_60457274").rename(tmp_path / "S9_55011271")
    names = [name.replace("60457274", "55011271") for name in names]
    np.savez(path, **{**arrays, "imgname": np.array(names)})
    with pytest.raises(ReadError, match="nobody is left"):
        evaluate(network, body, "h36m-p2", path)


def test_a_data_set_without_truth_is_told_what_it_needs(tmp_path, body, network):
    path = making_runs.write_dataset(tmp_path, body, PEOPLE, S=None)
    with pytest.raises(ReadError, match="needs S of every person"):
        evaluate(network, body, "mpi-inf-3dhp", path)


def test_truth_of_another_body_is_refused_where_it_would_be_measured(tmp_path, body, network, knowing):
    path = making_runs.write_dataset(tmp_path, body, PEOPLE, body=None)
    with pytest.raises(ReadError, match=r"its betas are of body 'smpl-neutral'.*--body"):
        evaluate(network, body, "3dpw", path)
    knowing(0.0)
    assert evaluate(network, body, "joints", path).people == PEOPLE


def test_the_table_has_what_spins_authors_published(dataset, body, network, knowing):
    knowing(0.0)
    lines = table([evaluate(network, body, "3dpw", dataset)]).splitlines()
    assert "3DPW test, 14 joints of the true body | 4 | 0.0 | 0.0 | 59.2" in lines[2]
    published = {name: one.published for name, one in PROTOCOLS.items() if one.published}
    assert published == {"h36m-p2": 41.1, "3dpw": 59.2, "mpi-inf-3dhp": 67.5}


def test_the_command_prints_a_table_or_lines_of_json(tmp_path, dataset, body, network, capsys):
    save_checkpoint(tmp_path / "checkpoint.pt", spin_checkpoint(network))
    evaluate_command.main([str(tmp_path), "--data", f"joints={dataset}", "--data", f"coco={dataset}"])
    assert len(capsys.readouterr().out.splitlines()) == 4
    evaluate_command.main([str(tmp_path / "checkpoint.pt"), "--data", f"joints={dataset}", "--json"])
    line = json.loads(capsys.readouterr().out)
    assert line["people"] == PEOPLE
    assert line["pa_mpjpe_mm"] > 0
    assert evaluate_command.main([str(tmp_path)]) == 1
    assert "NAME one of h36m-p1" in capsys.readouterr().err
