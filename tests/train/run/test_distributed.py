"""Several processes are as one, and a process that is killed goes on as if it had not been."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from core.body.model import load_body
from core.store.fits.dictionary import FitsDictionary
from tests.train import making_runs, one_step
from tests.waiting import LONGEST_S, output_of, wait_until
from train.run.distributed import DropoutStream, Processes, SharedDropout
from train.run.metrics_log import read_metrics
from train.run.parser import INTERRUPTED

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
PEOPLE = 6
SMALL = ("--workers", "0", "--log-every", "1", "--picture-every", "0")


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture
def curated(tmp_path, body):
    return making_runs.write_curated(tmp_path / "project", body, PEOPLE, locked=(2,))


def losses(folder: Path) -> list[object]:
    return [line["loss"] for line in read_metrics(folder)]


def command(folder: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "train.spin", "--run", str(folder), *options]


ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}


class TestProcesses:
    def test_a_run_that_was_killed_goes_on_exactly(self, tmp_path, curated):
        """SIGKILL in the middle of whatever it does, while it saves all the time; tests/stress kills many times."""
        options = (
            "--fits",
            str(curated),
            "--backbone",
            "resnet18",
            "--batch",
            "2",
            *SMALL,
            "--save-minutes",
            "0.0",
        )
        killed, whole = tmp_path / "killed", tmp_path / "whole"
        process = subprocess.Popen(
            command(killed, *options, "--steps", "100"), cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE
        )
        wait_until(lambda: len(losses(killed)) >= 3, "three steps", process)
        process.kill()
        process.communicate()
        saved = torch.load(killed / "checkpoint.pt")
        fits = FitsDictionary.load(killed / "fits.npz")
        assert saved["step"] >= 2
        assert len(fits) == PEOPLE
        end = str(saved["step"] + 4)
        done = subprocess.run(
            command(killed, "--resume", "--steps", end), cwd=ROOT, env=ENVIRONMENT, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        rest = options[: options.index("--save-minutes")]
        done = subprocess.run(
            command(whole, *rest, "--steps", end), cwd=ROOT, env=ENVIRONMENT, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        assert losses(killed) == losses(whole)

    def test_a_cluster_that_ends_all_processes_finds_a_whole_run(self, tmp_path, curated):
        """SIGTERM to the whole group, loader workers too."""
        options = ("--fits", str(curated), "--backbone", "resnet18", "--batch", "2", "--log-every", "1")
        run = tmp_path / "run"
        process = subprocess.Popen(
            command(run, *options, "--workers", "1", "--steps", "1000"),
            cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        wait_until(lambda: len(losses(run)) >= 2, "two steps", process)
        os.killpg(process.pid, signal.SIGTERM)
        _, said = output_of(process)
        assert process.returncode == 130, said.decode()
        assert torch.load(run / "checkpoint.pt")["step"] == len(losses(run)) >= 2

    def test_two_processes_take_the_step_of_one(self, tmp_path, curated):
        """Losses, batch norms, dropout, dictionary and gradients of the whole batch of four."""
        small = "--backbone resnet18 --batch 4 --workers 0 --log-every 1 --picture-every 0 --steps 1"
        options = ("--fits", str(curated), *small.split())
        alone, shared = tmp_path / "alone", tmp_path / "shared"
        several = "-m torch.distributed.run --standalone --nproc-per-node 2 -m --"
        torchrun = [sys.executable, *several.split()]
        for start, folder in (([sys.executable, "-m"], alone), (torchrun, shared)):
            arguments = [*start, "train.spin", "--run", str(folder), *options]
            done = subprocess.run(
                arguments, cwd=ROOT, env=ENVIRONMENT, capture_output=True, timeout=LONGEST_S
            )
            assert done.returncode == 0, done.stderr.decode()
        (one,), (two,) = (read_metrics(folder) for folder in (alone, shared))
        for name in ("loss", "loss_keypoints_2d", "loss_pose", "people", "valid", "locked", "replaced"):
            assert two[name] == pytest.approx(one[name], rel=1e-5), name
        # Adam's first step is the sign of the gradient, and a sign near zero is a toss: so the gradient itself. In
        # float32, through twenty batch norms of four photos, it is known to 2e-4: merely listing the four in another
        # order costs that. In float64, below, nothing is left of it.
        gradients = []
        for folder in (alone, shared):
            state = torch.load(folder / "checkpoint.pt")["loop"]["optimizer"]["state"]
            gradients.append(torch.cat([moments["exp_avg"].flatten() for moments in state.values()]))
        assert float((gradients[1] - gradients[0]).norm() / gradients[0].norm()) < 1e-3
        fits = [np.load(folder / "fits.npz") for folder in (alone, shared)]
        assert np.abs(fits[0]["betas"] - fits[1]["betas"]).max() < 1e-4

    def test_in_float64_two_processes_have_the_gradient_of_one(self, tmp_path, body):
        """So nothing but rounding tells them apart: no weight depends on how a batch is shared."""
        folder = making_runs.write_curated(tmp_path, body, one_step.BATCH).parent
        one_step.take(folder)
        several = "-m torch.distributed.run --standalone --nproc-per-node 2 -m tests.train.one_step"
        done = subprocess.run(
            [sys.executable, *several.split(), str(folder)], cwd=ROOT, env=ENVIRONMENT, capture_output=True
        )
        assert done.returncode == 0, done.stderr.decode()
        one, two = (torch.load(folder / f"gradient_{count}.pt") for count in (1, 2))
        assert two["loss"] == pytest.approx(one["loss"], rel=1e-9)
        assert float((two["gradient"] - one["gradient"]).norm() / one["gradient"].norm()) < 1e-9

    @pytest.mark.parametrize("pieces", [2, 8])
    def test_a_batch_in_pieces_has_the_gradient_of_the_whole(self, tmp_path, body, pieces):
        """In float64, though few of the first piece are believed; batch norms alone see a piece each."""
        folder = making_runs.write_curated(tmp_path, body, one_step.BATCH).parent
        whole, loss, _ = one_step.of_whole_batch(folder, still=True)
        cut, same, _ = one_step.of_whole_batch(folder, pieces, still=True)
        assert same == pytest.approx(loss, rel=1e-9)
        assert float((cut - whole).norm() / whole.norm()) < 1e-9

    def test_torchrun_starts_anew_what_lost_a_process_and_the_run_goes_on(self, tmp_path, curated):
        """Elastic: one of two is killed, torchrun ends the other, starts both, and no step is missing."""
        run, steps = tmp_path / "run", 12
        options = f"--backbone resnet10 --batch 4 {' '.join(SMALL)} --save-minutes 0 --steps {steps}"
        several = "-m torch.distributed.run --standalone --nproc-per-node 2 --max-restarts 2 -m --"
        arguments = [
            sys.executable,
            *several.split(),
            *command(run, "--fits", str(curated), *options.split())[2:],
        ]
        process = subprocess.Popen(arguments, cwd=ROOT, env=ENVIRONMENT, stderr=subprocess.PIPE)
        wait_until(lambda: len(losses(run)) >= 2, "two steps of two processes", process)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[-1]), signal.SIGKILL)
        _, said = output_of(process)
        assert process.returncode == 0, said.decode()
        assert [line["step"] for line in read_metrics(run)] == list(range(1, steps + 1))
        assert torch.load(run / "checkpoint.pt")["step"] == steps

    def test_one_process_alone_needs_no_network(self):
        processes = Processes.join("cpu")
        values = torch.arange(3.0)
        assert torch.equal(processes.total(values), values)
        assert torch.equal(processes.gathered(values), values)
        assert not processes.any(False)
        processes.wait()
        processes.leave()
        assert INTERRUPTED == 130

    def test_dropout_is_that_of_the_place_in_the_batch(self):
        """However a batch is cut into pieces."""
        stream = DropoutStream(seed=1)
        dropout = SharedDropout(0.5, stream)
        x = torch.ones(4, 30)
        stream.begin(7, 4, slice(0, 4))
        whole = [dropout(x), dropout(x)]
        parts = []
        for piece in (slice(0, 2), slice(2, 4)):
            stream.begin(7, 4, piece)
            parts.append([dropout(x[piece]), dropout(x[piece])])
        for call in (0, 1):
            assert torch.equal(torch.cat([part[call] for part in parts]), whole[call])
        assert not torch.equal(whole[0], whole[1])
        assert float(whole[0].mean()) == pytest.approx(1.0, abs=0.2)
