"""Fits for a data set are killed at random: is the result that of the undisturbed run, and is nothing done twice?

    python -m tests.stress.kill_fits --times 20

Ends with status 1 when the file differs by a byte, or when a part that was done was lost or made again. POSIX only,
since the runs are forked.
"""

from __future__ import annotations

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
from train.run.parser import CommandLine

BATCH = 3
SHORTEST_LIFE_S = 0.02
LIVES = 6  # the longest life gets to its first part, and does this share of all parts


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


def kill(
    source: Path, out: Path, times: int, chance: random.Random, longest_s: float, wanted: bytes
) -> tuple[int, int]:
    """Kill the run so often; whenever it comes to its end, it starts anew. Returns how often it did, and how many kills
    came when some parts were done."""
    arguments = [str(source), "--out", str(out), "--batch", str(BATCH)]
    parts = out.with_name(out.name + ".parts")
    kills, ends, amid = 0, 0, 0
    before: dict[str, int] = {}
    finished = False
    while kills < times or not finished:
        patience = chance.uniform(SHORTEST_LIFE_S, longest_s) if kills < times else 600.0
        code = live(forked(lambda: fits.main(arguments)), patience)
        kills += code is None
        finished = code is not None
        if code is None:
            now = parts_of(parts)
            merged = not now and out.exists()
            assert merged or before.items() <= now.items(), "a part that was done was lost or made again"
            before = now
            amid += bool(now)
            continue
        assert code == 0, f"the run ended with {code}"
        assert out.read_bytes() == wanted, "the result is not that of the undisturbed run"
        assert not parts.exists(), "the parts are still there"
        out.unlink()
        ends, before = ends + 1, {}
    return ends, amid


def main() -> int:
    parser = CommandLine("tests.stress.kill_fits", __doc__)
    parser.add_argument("--times", type=int, default=20, help="how often the run is killed")
    parser.add_argument("--photos", type=int, default=30, help="of four people each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    torch.set_num_threads(1)  # a forked process cannot use the threads of the one before
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        source = write_people(Path(folder, "people.json"), known_photos(options.photos)[0])
        undisturbed = Path(folder, "undisturbed.npz")
        arguments = [str(source), "--out", str(undisturbed), "--batch", str(BATCH)]
        began, first = time.monotonic(), None
        child = forked(lambda: fits.main(arguments))
        while (code := ended(child)) is None:
            time.sleep(0.005)
            if first is None and parts_of(undisturbed.with_name("undisturbed.npz.parts")):
                first = time.monotonic() - began
        assert code == 0, f"the undisturbed run ended with {code}"
        took = time.monotonic() - began
        longest_s = took if first is None else first + (took - first) / LIVES
        ends, amid = kill(
            source, Path(folder, "killed.npz"), options.times, chance, longest_s, undisturbed.read_bytes()
        )
    assert ends, "no run came to its end"
    print(
        f"{options.times} kills, {amid} of them with parts done, {ends} results equal to the undisturbed one, "
        "no part lost or made twice"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
