"""A run: what its folder holds, that it goes on exactly, and what it does when something goes wrong."""

import contextlib
import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.model import load_body
from core.geometry.image import read_image
from core.networks.guess import guess
from core.networks.resnet import BACKBONES, BasicBlock
from core.networks.spin import load_spin_network
from core.store.fits.dictionary import FitsDictionary
from tests.train import making_runs
from train import spin
from train.methods.spin import method
from train.run import folder as run_folder
from train.run.folder import RunFolder
from train.run.loop import BAD_BATCHES
from train.run.method_record import StepLoss
from train.run.metrics_log import MetricsLog, read_metrics

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PEOPLE = 6
SMALL = ("--backbone", "tiny", "--batch", "2", "--workers", "0", "--log-every", "1", "--picture-every", "0")

# What config.json held before methods had a table.
OLD_OPTIONS = (
    "backbone_weights body data data_photos device epochs fits guess json log_every mean_params "
    "photos picture_every resume run save_minutes steps threads without_truth workers"
)
OLD_CONFIG = (
    "accumulate augment_flip augment_noise augment_rotation_deg augment_scale augment_still backbone "
    "batch clip fit_iterations iterations last_rate learning_rate loss_annotated loss_betas "
    "loss_camera loss_keypoints_2d loss_keypoints_3d loss_openpose loss_pose loss_total "
    "loss_vertices mode precision seed valid_px warm_up weight_decay"
)


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(autouse=True)
def _tiny_backbone(monkeypatch):
    monkeypatch.setitem(BACKBONES, "tiny", (BasicBlock, (1, 1, 1, 1)))


@pytest.fixture
def curated(tmp_path, body):
    return making_runs.write_curated(tmp_path / "project", body, PEOPLE, locked=(2,))


@pytest.fixture
def train(tmp_path, curated):
    """Train in tmp_path/NAME; returns the exit code."""

    def run(name: str, *options: str, fits: Path | None = curated) -> int:
        source = () if fits is None else ("--fits", str(fits), *SMALL)
        return spin.main(["--run", str(tmp_path / name), *source, *options])

    return run


def losses(folder: Path) -> list[object]:
    return [line["loss"] for line in read_metrics(folder)]


@contextlib.contextmanager
def disturbed(monkeypatch, disturb):
    """`disturb(number, loss, batch)` is called in place of the loss of the number-th step."""
    original, count = method.loss, [0]

    def loss(said, batch, spin_state):
        count[0] += 1
        return disturb(count[0], lambda: original(said, batch, spin_state), batch)

    with monkeypatch.context() as patch:
        patch.setattr(method, "loss", loss)
        yield count


class TestRunFolder:
    def test_a_dictionary_alone_gives_a_whole_run(self, train, tmp_path, curated):
        """`python -m train.spin --fits curated.npz`, with nothing else than how long and how small."""
        assert train("run", "--steps", "3", "--picture-every", "3") == 0
        run = tmp_path / "run"
        names = {path.name for path in run.iterdir()}
        assert {"config.json", "metrics.jsonl", "checkpoint.pt", "fits.npz", "pictures"} <= names
        assert any(name.startswith("events.out.tfevents") for name in names)
        assert [path.name for path in (run / "pictures").iterdir()] == ["00000003.jpg"]
        config = json.loads((run / "config.json").read_text())
        assert config["options"]["fits"] == str(curated)
        assert config["config"]["loss_keypoints_2d"] == 5.0
        line = read_metrics(run)[-1]
        assert line["step"] == 3
        told = "loss loss_pose learning_rate images_per_s replaced replaced_share valid fit_s fit_share"
        assert set(told.split()) <= set(line)
        assert load_spin_network(run / "checkpoint.pt").config.backbone == "tiny"
        assert len(FitsDictionary.load(run / "fits.npz")) == PEOPLE

    def test_a_locked_row_is_the_same_bit_for_bit_after_five_epochs(self, train, tmp_path, curated):
        assert train("run", "--epochs", "5", "--augment-still", "0") == 0
        before, after = np.load(curated), np.load(tmp_path / "run/fits.npz")
        for name in before.files:
            if before[name].ndim:
                assert before[name][2].tobytes() == after[name][2].tobytes(), name
        assert (before["pose"] != after["pose"]).any(), "no other row was bettered"

    def test_a_batch_in_two_pieces_is_a_run_like_any(self, train, tmp_path):
        assert train("run", "--steps", "2", "--accumulate", "2") == 0
        assert len(losses(tmp_path / "run")) == 2

    def test_json_lines_are_those_of_the_metrics(self, train, tmp_path, capsys):
        assert train("run", "--steps", "2", "--json") == 0
        printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert printed == read_metrics(tmp_path / "run")

    def test_its_checkpoint_guesses_people_in_photos(self, train, tmp_path, body):
        """The circle's last arrow: checkpoint, network, guess."""
        assert train("run", "--steps", "1", "--precision", "bfloat16") == 0
        network = load_spin_network(tmp_path / "run/checkpoint.pt")
        assert network.config.body == body.fingerprint
        (photo,) = making_runs.photos(body, making_runs.params(1))
        image = read_image(tmp_path / "project" / photo.path)
        (found,) = guess(image, photo.people, photo, network, body)
        assert found.network == "spin"
        assert np.isfinite(found.pose).all()
        assert found.betas.any(), "a network of this body knows its shapes"

    @pytest.mark.parametrize("mode", ["--fits-only", "--no-fits"])
    def test_the_ablations_leave_the_dictionary_alone(self, train, tmp_path, curated, mode):
        assert train("run", "--steps", "3", mode) == 0
        assert (np.load(curated)["pose"] == np.load(tmp_path / "run/fits.npz")["pose"]).all()
        valid = [line["valid"] for line in read_metrics(tmp_path / "run")]
        assert sum(valid) == (PEOPLE if mode == "--fits-only" else 1)

    def test_a_second_run_does_not_go_into_the_folder_of_the_first(self, train, capsys, monkeypatch):
        """And is told so before its data are read, which may take minutes."""
        assert train("run", "--steps", "1") == 0
        monkeypatch.setattr(method, "read_sources", lambda *_: pytest.fail("data were read"))
        assert train("run", "--steps", "1") == 1
        assert "--resume" in capsys.readouterr().err

    def test_a_folder_in_use_is_refused(self, train, tmp_path, capsys):
        assert train("run", "--steps", "1") == 0
        half_written = tmp_path / "run/.checkpoint.pt.123.tmp"
        half_written.touch()
        held = RunFolder.reopen(tmp_path / "run")
        assert not half_written.exists()
        try:
            assert train("run", "--resume", "--steps", "2", fits=None) == 1
        finally:
            held.close()
        assert "another process is training" in capsys.readouterr().err
        assert train("run", "--resume", "--steps", "2", fits=None) == 0

    @pytest.mark.parametrize("guess", ["first/checkpoint.pt", "first"])
    def test_a_run_starts_from_a_checkpoint_or_the_run_that_has_it(self, train, tmp_path, guess):
        assert train("first", "--steps", "2") == 0
        assert train("second", "--steps", "0", "--guess", str(tmp_path / guess)) == 0
        first, second = (load_spin_network(tmp_path / name / "checkpoint.pt") for name in ("first", "second"))
        assert torch.equal(first.fc1.weight, second.fc1.weight)
        assert (
            train(
                "third", "--steps", "0", "--guess", str(tmp_path / "first/checkpoint.pt"), "--iterations", "2"
            )
            == 1
        )


class TestResume:
    def test_a_run_that_was_killed_before_its_first_checkpoint_starts_from_its_guess_again(
        self, train, tmp_path
    ):
        guess = tmp_path / "first/checkpoint.pt"
        assert train("first", "--steps", "2") == 0
        assert train("second", "--steps", "0", "--guess", str(guess)) == 0
        (tmp_path / "second/checkpoint.pt").unlink()
        assert train("second", "--resume", "--steps", "0", fits=None) == 0
        first, second = (load_spin_network(tmp_path / name / "checkpoint.pt") for name in ("first", "second"))
        assert torch.equal(first.fc1.weight, second.fc1.weight)

    def test_a_run_that_was_stopped_takes_the_same_steps(self, train, tmp_path):
        """Exactly, in the middle of an epoch, though one saved on its way and the other did not."""
        assert train("whole", "--steps", "7") == 0
        assert train("parts", "--steps", "4", "--save-minutes", "0") == 0
        assert train("parts", "--resume", "--steps", "7", fits=None) == 0
        assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
        whole, parts = (np.load(tmp_path / name / "fits.npz") for name in ("whole", "parts"))
        assert whole["betas"].tobytes() == parts["betas"].tobytes()

    def test_a_run_of_the_first_version_goes_on_exactly(self, train, tmp_path):
        """Its config.json named no method, its checkpoint counted no seconds, and both held what is listed here."""
        assert train("whole", "--steps", "5") == 0
        assert train("old", "--steps", "3") == 0
        file = tmp_path / "old/config.json"
        config = json.loads(file.read_text())
        for name in ("minutes", "frame", "by_loss"):
            del config["options"][name]
        del config["method"]
        assert config.keys() == {"options", "config", "body", "torch"}
        assert sorted(config["options"]) == OLD_OPTIONS.split()
        assert sorted(config["config"]) == OLD_CONFIG.split()
        file.write_text(json.dumps(config, indent=1) + "\n")
        contents = torch.load(tmp_path / "old/checkpoint.pt")
        del contents["loop"]["seconds"]
        assert contents.keys() == {"fitloop_checkpoint", "network", "config", "model", "step", "loop"}
        assert sorted(contents["loop"]) == [
            "accumulate",
            "batch",
            "config",
            "epoch",
            "fits",
            "optimizer",
            "random",
        ]
        assert contents["network"] == "spin"
        torch.save(contents, tmp_path / "old/checkpoint.pt")
        assert train("old", "--resume", "--steps", "5", fits=None) == 0
        assert losses(tmp_path / "old") == losses(tmp_path / "whole")

    def test_torchrun_restarts_a_run_where_it_was(self, train, tmp_path, monkeypatch):
        """An elastic restart is the same command again, with a count in its environment."""
        assert train("run", "--steps", "2") == 0
        monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
        assert train("run", "--steps", "3") == 0
        assert len(losses(tmp_path / "run")) == 3

    def test_ctrl_c_ends_the_step_and_saves(self, train, tmp_path, monkeypatch):
        def interrupt(number, loss, batch):
            if number == 2:
                os.kill(os.getpid(), signal.SIGINT)
            return loss()

        with disturbed(monkeypatch, interrupt):
            assert train("run", "--steps", "7") == 130
        assert torch.load(tmp_path / "run/checkpoint.pt")["step"] == 2
        assert train("run", "--resume", "--steps", "4", fits=None) == 0
        assert train("whole", "--steps", "4") == 0
        assert losses(tmp_path / "run") == losses(tmp_path / "whole")

    def test_a_crash_saves_what_was_learned_and_the_run_goes_on_exactly(self, train, tmp_path, monkeypatch):
        def crash(number, loss, batch):
            if number == 3:
                loss()  # half a step: running statistics and dictionary have moved
                raise RuntimeError("a bug")
            return loss()

        with disturbed(monkeypatch, crash), pytest.raises(RuntimeError, match="a bug"):
            train("run", "--steps", "7")
        assert torch.load(tmp_path / "run/checkpoint.pt")["step"] == 2
        replaced = (np.load(tmp_path / "run/fits.npz")["source"] == "fit").sum()
        assert replaced > 0
        assert train("run", "--resume", "--steps", "4", fits=None) == 0
        assert train("whole", "--steps", "4") == 0
        assert losses(tmp_path / "run") == losses(tmp_path / "whole")

    @pytest.mark.parametrize("workers", ["0", "1"])
    def test_a_run_that_draws_by_loss_goes_on_exactly(self, train, tmp_path, body, workers):
        composed = making_runs.write_dataset(tmp_path / "composed", body, PEOPLE)
        options = ("--data", f"composed={composed}", "--by-loss", "--workers", workers)
        assert train("run", "--steps", "8", *options) == 0
        assert train("run", "--resume", "--steps", "14", fits=None) == 0
        assert train("whole", "--steps", "14", *options) == 0
        assert losses(tmp_path / "run") == losses(tmp_path / "whole")
        assert train("even", "--steps", "14", *options[:2]) == 0
        assert losses(tmp_path / "even") != losses(tmp_path / "whole")

    def test_a_run_whose_photos_were_moved_goes_on_when_told_where_they_are(self, train, tmp_path, capsys):
        assert train("run", "--steps", "1") == 0
        moved = (tmp_path / "project").rename(tmp_path / "moved")
        assert train("run", "--resume", "--steps", "2", fits=None) == 1
        assert "--photos FOLDER" in capsys.readouterr().err
        assert train("run", "--resume", "--steps", "2", "--photos", str(moved), fits=None) == 0

    @pytest.mark.parametrize("config", ["{}", '{"options": 1, "config": 2}', "no JSON"])
    def test_a_folder_whose_config_is_no_runs_is_refused(self, train, tmp_path, capsys, config):
        (tmp_path / "run").mkdir()
        (tmp_path / "run/config.json").write_text(config)
        assert train("run", "--resume", fits=None) == 1
        (said,) = capsys.readouterr().err.splitlines()
        assert "config.json" in said

    def test_a_checkpoint_of_another_run_is_refused(self, train, tmp_path, capsys):
        assert train("run", "--steps", "1") == 0
        assert train("other", "--steps", "1", "--fit-iterations", "3") == 0
        os.replace(tmp_path / "other/checkpoint.pt", tmp_path / "run/checkpoint.pt")
        assert train("run", "--resume", fits=None) == 1
        assert "fit_iterations 3, now 6" in capsys.readouterr().err


class TestTrouble:
    def test_a_loss_that_is_not_finite_is_dumped_and_skipped(self, train, tmp_path, monkeypatch, capsys):
        def spoil(number, loss, batch):
            said = loss()
            return StepLoss(said.loss * torch.nan, said.parts, said.counts) if number == 2 else said

        with disturbed(monkeypatch, spoil):
            assert train("run", "--steps", "4") == 0
        lines = read_metrics(tmp_path / "run")
        assert [line["loss"] is None for line in lines] == [False, True, False, False]
        (dumped,) = (tmp_path / "run" / BAD_BATCHES).iterdir()
        assert dumped.name == "step_00000002_rank_0.pt"
        assert torch.load(dumped)["images"].shape == (2, 224, 224, 3)
        weights = torch.load(tmp_path / "run/checkpoint.pt")["model"]
        assert all(value.isfinite().all() for value in weights.values())
        assert "skipped" in capsys.readouterr().err

    def test_ten_such_steps_in_a_row_end_the_run(self, train, tmp_path, monkeypatch, capsys):
        def spoil(number, loss, batch):
            value = torch.zeros((), requires_grad=True)
            return StepLoss(value * torch.inf, {"pose": value}, {"people": torch.tensor(2)})

        with disturbed(monkeypatch, spoil) as count:
            assert train("run", "--steps", "30") == 1
        assert count == [10]
        assert "10 steps in a row" in capsys.readouterr().err
        assert (tmp_path / "run/checkpoint.pt").exists()

    def test_too_little_memory_halves_the_pieces_and_says_so(self, train, tmp_path, monkeypatch, capsys):
        regress, sizes = method.regress, []

        def limited(network, batch, config):
            sizes.append(len(batch))
            if len(batch) > 1:
                raise torch.OutOfMemoryError("out of memory")
            return regress(network, batch, config)

        with monkeypatch.context() as patch:
            patch.setattr(method, "regress", limited)
            assert train("run", "--steps", "2") == 0
        assert sizes == [2, *[1, 1, 1, 1] * 2]
        assert "from now on 1" in capsys.readouterr().err
        assert torch.load(tmp_path / "run/checkpoint.pt")["loop"]["accumulate"] == 2

    def test_a_run_goes_on_in_more_pieces_when_told_to(self, train, tmp_path):
        assert train("run", "--steps", "2") == 0
        assert train("run", "--resume", "--steps", "3", "--accumulate", "2", fits=None) == 0
        assert torch.load(tmp_path / "run/checkpoint.pt")["loop"]["accumulate"] == 2
        assert train("run", "--resume", "--steps", "4", fits=None) == 0
        saved = torch.load(tmp_path / "run/checkpoint.pt")
        assert (saved["step"], saved["loop"]["accumulate"]) == (4, 2)

    def test_a_full_disk_leaves_the_previous_checkpoint(self, train, tmp_path, monkeypatch, capsys):
        assert train("run", "--steps", "2") == 0
        before = (tmp_path / "run/checkpoint.pt").read_bytes()

        def full(path, checkpoint):
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr(run_folder, "save_checkpoint", full)
            assert train("run", "--resume", "--steps", "3", fits=None) == 1
        assert (tmp_path / "run/checkpoint.pt").read_bytes() == before
        assert "No space left" in capsys.readouterr().err
        assert train("run", "--resume", "--steps", "3", fits=None) == 0

    def test_a_disk_that_is_full_from_the_start_has_no_previous_checkpoint(
        self, train, tmp_path, monkeypatch, capsys
    ):
        def full(path, checkpoint):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(run_folder, "save_checkpoint", full)
        assert train("run", "--steps", "1") == 1
        said = capsys.readouterr().err
        assert "No space left" in said
        assert "nothing of it is saved yet" in said
        assert "previous checkpoint" not in said

    def test_a_full_disk_at_the_end_loses_no_words_of_what_was_learned(
        self, train, tmp_path, monkeypatch, capsys
    ):
        """A file that could not be written cannot be closed either."""

        close = MetricsLog.close

        def full(log):
            close(log)
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(MetricsLog, "close", full)
        assert train("run", "--steps", "2") == 0
        assert "2 steps, 0 epochs" in capsys.readouterr().err

    def test_a_batch_that_cannot_be_kept_is_skipped_all_the_same(self, train, tmp_path, monkeypatch, capsys):
        def spoil(number, loss, batch):
            said = loss()
            return StepLoss(said.loss * torch.nan, said.parts, said.counts) if number == 2 else said

        with disturbed(monkeypatch, spoil):
            (tmp_path / "run").mkdir()
            (tmp_path / "run" / BAD_BATCHES).touch()  # where no folder can be made
            assert train("run", "--steps", "4") == 0
        assert "skipped, and its batch could not be kept" in capsys.readouterr().err
        assert torch.load(tmp_path / "run/checkpoint.pt")["step"] == 4

    def test_a_full_disk_costs_lines_and_no_steps(self, train, tmp_path, monkeypatch, capsys):
        def full(log, step, numbers):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(MetricsLog, "write", full)
        assert train("run", "--steps", "2") == 0
        assert "a line of metrics could not be written" in capsys.readouterr().err
        assert torch.load(tmp_path / "run/checkpoint.pt")["step"] == 2
