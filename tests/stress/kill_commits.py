"""A process that commits in a loop is killed at random: is every commit that returned there, and is the file
whole?

    python -m tests.stress.kill_commits --times 300

Kills a writer of a project and a writer of `curated.npz`, that many times each. Ends with status 1 when
anything was lost. POSIX only, since the writers are forked.
"""

from __future__ import annotations

import os
import random
import select
import signal
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from core.files.whole_file import version_file
from core.store.fits.dictionary import FitsDictionary
from core.store.project.edits import Edit
from core.store.project.project import Project
from tests.core.store.fits.making_fits import random_fits
from tests.core.store.making import random_photo
from tests.waiting import LONGEST_S
from train.run.parser import CommandLine

PEOPLE = 40
ROWS = 500
LONGEST_LIFE_S = 0.03
NUMBER = struct.Struct("<I")


def killed_writer(write: Callable[[], Iterator[int]], chance: random.Random) -> list[int]:
    """Run a writer that yields a number after each commit, kill it, and return the numbers it had reported."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        for number in write():
            os.write(writing, NUMBER.pack(number))
        os._exit(1)
    os.close(writing)
    try:
        if not select.select([reading], [], [], LONGEST_S)[0]:
            raise RuntimeError(f"the writer committed nothing in {LONGEST_S:g} s")
        time.sleep(chance.uniform(0, LONGEST_LIFE_S))
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    return [number for (number,) in NUMBER.iter_unpack(data[: len(data) // NUMBER.size * NUMBER.size])]


def kill_project(path: Path, times: int, chance: random.Random, link: Path | None = None) -> int:
    """Returns the number of commits that were made and found. Raises AssertionError when one is lost.

    link: a symbolic link to the project, by which each writer opens it; the project is checked by its own name.
    """
    if link is not None:
        link.symlink_to(path)
    with Project.create(path) as project:
        project.add_photos([random_photo(np.random.default_rng(0), "a.jpg", PEOPLE)], label="0")
    last = 0

    def write() -> Iterator[int]:
        project = Project.open(link or path, read_only_if_locked=False)
        number = last
        while True:
            number += 1
            photo = project.photo(1)
            person = photo.people[number % PEOPLE].with_(note=str(number))
            project.commit(Edit(str(number), photo, photo.with_person(person)))
            yield number

    for _ in range(times):
        reported = killed_writer(write, chance)
        last = check_project(path, reported[-1])
    return last


def check_project(path: Path, reported: int) -> int:
    """Returns the number of the newest commit, which is the last reported or the one after it."""
    with Project.open(path, read_only_if_locked=False) as project:
        assert project.check() == []
        assert project.notes == ()
        labels = [int(logged.label) for logged in project.history(limit=10**9)]
        newest = labels[0]
        assert reported <= newest <= reported + 1, (reported, newest)
        assert labels == list(range(newest, -1, -1))
        for place, person in enumerate(project.photo(1).people):
            mine = [
                number
                for number in range(max(newest - PEOPLE, 0) + 1, newest + 1)
                if number % PEOPLE == place
            ]
            assert not mine or person.note == str(mine[-1])
    return newest


def kill_fits(path: Path, times: int, chance: random.Random) -> int:
    """Returns the number of saves that were made and found. Raises AssertionError when a file is not whole."""
    fits = random_fits(np.random.default_rng(0), ROWS)
    last = 0

    def write() -> Iterator[int]:
        number = last
        while True:
            number += 1
            fits.betas[:] = number
            fits.score[:] = number
            fits.save(path)
            yield number

    for _ in range(times):
        reported = killed_writer(write, chance)[-1]
        last = whole_number(path)
        assert reported <= last <= reported + 1, (reported, last)
        for version in filter(Path.exists, (version_file(path, number) for number in (1, 2, 3))):
            assert whole_number(version) <= last
    return last


def whole_number(path: Path) -> int:
    """The number that all rows of a saved dictionary agree on."""
    fits = FitsDictionary.load(path)
    assert len(fits) == ROWS
    numbers = set(fits.betas.flatten().tolist()) | set(fits.score.tolist())
    assert len(numbers) == 1, numbers
    return int(numbers.pop())


def main() -> int:
    parser = CommandLine("tests.stress.kill_commits", __doc__)
    parser.add_argument("--times", type=int, default=300, help="how often each writer is killed")
    parser.add_argument("--through-link", action="store_true", help="once more through a symbolic link")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    with tempfile.TemporaryDirectory() as folder:
        commits = kill_project(Path(folder, "a.fitloop"), options.times, chance)
        print(
            f"project: {options.times} kills, {commits} commits, none lost, the file always intact",
            flush=True,
        )
        if options.through_link:
            target, link = Path(folder, "b.fitloop"), Path(folder, "link.fitloop")
            commits = kill_project(target, options.times, chance, link)
            print(f"through a link: {options.times} kills, {commits} commits, none lost", flush=True)
        saves = kill_fits(Path(folder, "curated.npz"), options.times, chance)
        print(f"curated.npz: {options.times} kills, {saves} saves, always a whole file", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
