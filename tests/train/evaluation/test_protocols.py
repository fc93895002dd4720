"""Networks are measured by protocols that have a name, and a perfect one has no error."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from core.body.model import body_from_arrays, load_body
from core.errors import CheckpointError, ReadError
from core.geometry.rotation import axis_angle_to_matrix
from core.networks.checkpoint import save_checkpoint
from core.networks.spin import SpinOutput, spin_checkpoint
from tests.benchmarks.shared.people import smpl_sized
from tests.core.networks.making import SMALL, network_that_says
from tests.train import making_runs
from train import evaluate as evaluate_command
from train.data.photos_present import present
from train.data.samples import read_dataset
from train.evaluation import protocols
from train.evaluation.predict import crops_of
from train.evaluation.protocols import PROTOCOLS, evaluate
from train.evaluation.results import table
from train.methods.spin.mean_params import mean_body

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

        def ask(network, batch):
            rows = batch.views.indices
            return SpinOutput(axis_angle_to_matrix(pose[rows].view(-1, 24, 3)), fits.betas[rows], weak[rows])

        monkeypatch.setattr(protocols, "ask", ask)

    return knows


@pytest.fixture(scope="module")
def network(body):
    return network_that_says(mean_body(), replace(SMALL, body=body.fingerprint))


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
    lines = table([evaluate(network, body, "mpi-inf-3dhp", dataset)]).splitlines()
    assert "MPI-INF-3DHP test, 17 joints" in lines[2]
    assert "| 67.5 |" in lines[2]
    published = {name: one.published for name, one in PROTOCOLS.items() if one.published}
    assert published == {"h36m-p2": 41.1, "3dpw": 59.2, "mpi-inf-3dhp": 67.5}


def taller(body):
    """The same body by another name, a tenth larger."""
    larger = replace(body.arrays, fingerprint="male", v_template=1.1 * body.arrays.v_template)
    return body_from_arrays(larger)


def test_who_has_a_gender_is_measured_on_the_body_of_it(dataset, body, network, knowing):
    knowing(0.0)
    genders = np.array(["m", "m", "f", "female"])
    np.savez(dataset, **{**np.load(dataset), "gender": genders})
    found = evaluate(network, body, "3dpw", dataset, gendered={"m": body, "f": body})
    assert found.mpjpe_mm < 0.1
    assert found.words == "3DPW test, 14 joints of the true body, of its gender"
    assert found.published_pa_mpjpe_mm == 59.2
    found = evaluate(network, body, "3dpw", dataset, gendered={"m": taller(body), "f": body})
    assert 10 < found.mpjpe_mm < 100  # half of them are a tenth larger
    assert 10 < found.pve_mm < 100


def test_the_regressor_beside_the_neutral_body_measures_all_three(dataset, body, network, knowing):
    knowing(0.0)
    np.savez(dataset, **{**np.load(dataset), "gender": np.array(["m", "m", "f", "f"])})
    rows = np.eye(17, len(body.v_template), dtype=np.float32)
    with_rows = body_from_arrays(replace(body.arrays, h36m_regressor=rows))
    found = evaluate(network, with_rows, "3dpw", dataset, gendered={"m": body, "f": with_rows})
    assert found.mpjpe_mm < 0.1


def test_with_one_of_the_bodies_missing_it_is_said_and_not_compared(dataset, body, network, knowing):
    knowing(0.0)
    np.savez(dataset, **{**np.load(dataset), "gender": np.array(["m", "m", "f", "f"])})
    found = evaluate(network, body, "3dpw", dataset, gendered={"m": body})
    assert "taken as neutral" in found.words
    assert found.published_pa_mpjpe_mm is None


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (np.array(["m", "f", "x", "f"]), "gender: 'x' is unknown. Use 'm', 'f' or 'neutral'"),
        (np.arange(4), "gender: it is .* but must be 4 texts"),
        (np.array(["m"]), "gender: it is .* but must be 4 texts"),
    ],
)
def test_a_gender_that_is_none_is_told(dataset, body, network, column, words):
    np.savez(dataset, **{**np.load(dataset), "gender": column})
    with pytest.raises(ReadError, match=words):
        evaluate(network, body, "3dpw", dataset)


def test_bodies_of_genders_have_smpls_mesh_and_names(dataset, body, network):
    with pytest.raises(ReadError, match=r"no such gender\. Use m or f"):
        evaluate(network, body, "3dpw", dataset, gendered={"male": body})
    with pytest.raises(ReadError, match=r"--body-of m: .* vertices, but .* Give SMPL's own for all"):
        evaluate(network, body, "3dpw", dataset, gendered={"m": smpl_sized(body)})


def test_3dpw_on_a_neutral_body_is_not_compared_with_the_published(dataset, body, network, knowing):
    knowing(0.0)
    np.savez(dataset, **{**np.load(dataset), "gender": np.array(["m", "m", "f", "f"])})
    lines = table([evaluate(network, body, "3dpw", dataset)]).splitlines()
    assert "taken as neutral" in lines[2]
    assert "SPIN's" not in lines[0]


def test_of_mpi_inf_3dhp_fourteen_joints_count_for_pck_and_the_pelvis_not(dataset, body, network, knowing):
    """A body far off in every joint but the one that it is laid on by hits nothing."""
    knowing(0.0)
    with np.load(dataset) as file:
        arrays = dict(file)
    away = arrays["S"].copy()
    away[:, [k for k in range(24) if k != 14], :3] += 1.0
    np.savez(dataset, **{**arrays, "S": away})
    found = evaluate(network, body, "mpi-inf-3dhp", dataset)
    assert found.pck == found.auc == 0.0
    assert found.mpjpe_mm == pytest.approx(1000 * 3**0.5 * 16 / 17, rel=0.05)  # SPIN's counts it
    away[:, [16, 17], :3] = arrays["S"][:, [16, 17], :3]  # spine and jaw
    np.savez(dataset, **{**arrays, "S": away})
    assert evaluate(network, body, "mpi-inf-3dhp", dataset).pck == 0.0


def test_a_joint_that_a_data_set_does_not_have_is_not_measured(dataset, body, network, knowing):
    knowing(0.0)
    with np.load(dataset) as file:
        arrays = dict(file)
    arrays["S"][:, [12, 18]] = 0.0  # neck and head
    np.savez(dataset, **arrays)
    assert evaluate(network, body, "joints", dataset).pa_mpjpe_mm < 0.1


def test_a_network_is_measured_on_its_own_body(dataset, body, knowing):
    """Beside truth of another one: SPIN's weights on the open body would be measured with betas of SMPL."""
    knowing(0.0)
    smpl, strangers = smpl_sized(body), network_that_says(mean_body(), SMALL)
    for data in ("joints", "coco", "3dpw"):
        with pytest.raises(CheckpointError, match=r"predicts betas of body 'smpl-neutral'.*--body"):
            evaluate(strangers, body, data, dataset)
    assert evaluate(strangers, smpl, "joints", dataset).people == PEOPLE
    other = body_from_arrays(replace(smpl.arrays, fingerprint="another"))
    np.savez(dataset, **{**np.load(dataset), "body": np.array("another")})
    own = network_that_says(mean_body(), replace(SMALL, body=body.fingerprint))
    found = evaluate(own, other, "3dpw", dataset)
    assert found.pa_mpjpe_mm < 10  # the same people on either mesh
    assert found.pve_mm is None  # their vertices are not the same


@pytest.mark.slow
def test_a_photo_that_cannot_be_read_is_left_out_and_told(tmp_path, body, network, knowing):
    path = making_runs.write_dataset(tmp_path, body, 40)
    (tmp_path / "images/001.png").write_bytes(b"no picture")
    (tmp_path / "images/007.png").unlink()
    crops = list(crops_of(*_present(path, body)))
    assert [row for batch in crops for row in batch.views.indices.tolist()] == [
        row for row in range(40) if row not in (1, 7)
    ]
    found = evaluate(network, body, "joints", path)
    assert found.people == 38
    gone, broken = found.left_out
    assert "1 photos with 1 people are not there and are skipped" in gone
    assert "007.png" in gone
    assert "1 photos with 1 people cannot be read and are skipped" in broken
    assert "001.png" in broken


def _present(path, body):
    samples, _ = read_dataset("x", path, path.parent, body, (1.0, 1.0))
    return samples, present(samples)[0]


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_was_measured_is_told_when_a_later_data_set_cannot_be(tmp_path, dataset, body, network, capsys):
    save_checkpoint(tmp_path / "checkpoint.pt", spin_checkpoint(network))
    data = ["--data", f"joints={dataset}", "--data", "coco=nothing.npz"]
    assert evaluate_command.main([str(tmp_path), *data]) == 1
    told = capsys.readouterr()
    assert "joints `S`" in told.out
    assert "nothing.npz" in told.err


def test_a_data_set_where_nobody_has_annotated_keypoints_has_no_recall(dataset, body, network, knowing):
    knowing(0.0)
    arrays = dict(np.load(dataset))
    np.savez(dataset, **{**arrays, "part": np.zeros_like(arrays["part"])})
    with pytest.raises(ReadError, match="'coco' needs `part`, and nobody has an annotated keypoint"):
        evaluate(network, body, "coco", dataset)
