"""Fits for a data set are killed at random: is the result that of the undisturbed run, and is nothing done twice?

    python -m tests.stress.kill_fits --times 20

Ends with status 1 when the file differs by a byte, or when a part that was done was lost or made again. POSIX only,
since the runs are forked.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import torch

from tests.train.making_people import known_photos, write_people
from train import fits

BATCH = 3
SHORTEST_LIFE_S = 0.02
LIVES = 3  # the longest life is this part of what the undisturbed run takes


def forked(work: Callable[[], int]) -> int:
    """Start it in a process of its own, silent. Returns the process."""
    child = os.fork()
    if child:
        return child
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)
    os._exit(work())


def ended(child: int) -> int | None:
    """The exit code of a process that has ended."""
    done, status = os.waitpid(child, os.WNOHANG)
    return os.waitstatus_to_exitcode(status) if done else None


def live(child: int, seconds: float) -> int | None:
    """Let it work so long, then kill it. Returns its exit code where it had ended before."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        code = ended(child)
        if code is not None:
            return code
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def parts_of(folder: Path) -> dict[str, int]:
    """Name -> when it was written."""
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("[0-9]*.npz")}


def kill(source: Path, out: Path, times: int, chance: random.Random, longest_s: float, wanted: bytes) -> int:
    """Kill the run so often; whenever it comes to its end, it starts anew. Returns how often it did."""
    arguments = [str(source), "--out", str(out), "--batch", str(BATCH)]
    parts = out.with_name(out.name + ".parts")
    kills, ends = 0, 0
    before: dict[str, int] = {}
    while kills < times or before:
        patience = chance.uniform(SHORTEST_LIFE_S, longest_s) if kills < times else 600.0
        code = live(forked(lambda: fits.main(arguments)), patience)
        kills += code is None
        if code is None:
            now = parts_of(parts)
            merged = not now and out.exists()
            assert merged or before.items() <= now.items(), "a part that was done was lost or made again"
            before = now
            continue
        assert code == 0, f"the run ended with {code}"
        assert out.read_bytes() == wanted, "the result is not that of the undisturbed run"
        assert not parts.exists(), "the parts are still there"
        out.unlink()
        ends, before = ends + 1, {}
    return ends


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20, help="how often the run is killed")
    parser.add_argument("--photos", type=int, default=12, help="of four people each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # a forked process cannot use the threads of the one before
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        source = write_people(Path(folder, "people.json"), known_photos(options.photos)[0])
        undisturbed = Path(folder, "undisturbed.npz")
        began = time.monotonic()
        arguments = [str(source), "--out", str(undisturbed), "--batch", str(BATCH)]
        code = live(forked(lambda: fits.main(arguments)), 600.0)
        assert code == 0, f"the undisturbed run ended with {code}"
        took = time.monotonic() - began
        ends = kill(
            source, Path(folder, "killed.npz"), options.times, chance, took / LIVES, undisturbed.read_bytes()
        )
    print(f"{options.times} kills, {ends} results equal to the undisturbed one, no part lost or made twice")
    return 0


if __name__ == "__main__":
    sys.exit(main())
