"""Stores long work in parts, so that finished parts survive when processes are killed.

The parts of OUT are in the folder OUT.parts, one file per batch, beside a key file that identifies source and
options. Any process may write any part. The first process locks the folder and merges the parts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import numpy as np
import torch.distributed as dist

from core.errors import FitsError, ProjectError
from core.files.lock import WriterLock
from core.files.npz import ArrayFault, read_npz, write_arrays
from core.files.whole_file import whole_file
from core.records import Photo
from train.bulk.fit_batches import BatchFits
from train.run.rendezvous import join_group

KEY_FILE = "key.json"
LONGEST_WAIT = timedelta(days=30)  # that one process waits for the others
NAMES = tuple(field.name for field in dataclasses.fields(BatchFits))


@dataclass(frozen=True)
class Process:
    """This process's index `rank` among `count` processes, from torchrun's or a cluster's environment; else 0 of 1."""

    rank: int
    count: int

    @classmethod
    def join(cls) -> Process:
        count = int(os.environ.get("WORLD_SIZE", "1"))
        if count > 1:
            join_group("gloo", LONGEST_WAIT)
        return cls(int(os.environ.get("RANK", "0")), count)

    @property
    def first(self) -> bool:
        """True for the process that merges the parts and prints messages."""
        return self.rank == 0

    def wait(self) -> None:
        """Wait until all processes have called this."""
        if self.count > 1:
            dist.barrier()

    def leave(self) -> None:
        if dist.is_initialized():
            dist.destroy_process_group()


@dataclass(frozen=True)
class Parts:
    """The parts of one file. key: texts that identify source and options; a run may continue another run's parts
    exactly if their keys are equal."""

    folder: Path
    key: dict[str, str]

    @classmethod
    def of(cls, out: Path, key: dict[str, str]) -> Parts:
        return cls(out.with_name(f"{out.name}.parts"), key)

    def hold(self) -> WriterLock:
        """Make the folder or continue an existing one, and lock it. Only one run at a time can hold the lock, which
        ends with its release or with the process.

        Raises FitsError if another run holds it, if its parts have another key, or if it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = WriterLock.take(self.folder / "run")
        except (OSError, ProjectError) as error:
            raise FitsError(f"{self.folder} cannot be written ({error}). Choose another --out.") from None
        if lock is None:
            raise FitsError(f"{self.folder} is in use by another process. Wait for it, or end it.")
        try:
            self._check_key()
        except FitsError:
            lock.release()
            raise
        return lock

    def _check_key(self) -> None:
        file = self.folder / KEY_FILE
        try:
            held = json.loads(file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            held = None
        except (OSError, ValueError) as error:
            raise FitsError(f"{file} cannot be read ({error}). Remove {self.folder} to start anew.") from None
        if held == self.key:
            return
        if held is not None:
            names = sorted(self.key.keys() | held.keys()) if isinstance(held, dict) else []
            differ = ", ".join(
                f"{name} {held.get(name)!r} there, {self.key.get(name)!r} now"
                for name in names
                if held.get(name) != self.key.get(name)
            )
            raise FitsError(
                f"{self.folder} holds the unfinished work of another source or other options ({differ}). "
                "Continue with those, choose another --out, or remove that folder to start anew."
            )
        try:
            with whole_file(file) as stream:
                stream.write(json.dumps(self.key, indent=1).encode())
        except OSError as error:
            raise FitsError(f"{file} cannot be written ({error}). Choose another --out.") from None

    def file(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"

    def done(self) -> set[int]:
        """Numbers of the finished parts."""
        return {int(path.stem) for path in self.folder.glob("[0-9]*.npz")}

    def write(self, number: int, rows: BatchFits) -> None:
        """Write a part. Raises FitsError if it cannot be written."""
        write_arrays(self.file(number), {name: getattr(rows, name) for name in NAMES})

    def read(self, number: int, count: int) -> BatchFits:
        """Read a part of `count` rows. A damaged part is removed, and FitsError is raised."""
        path = self.file(number)
        try:
            arrays = read_npz(path, NAMES)
        except ArrayFault:
            arrays = {}
        if any(name not in arrays or arrays[name].shape[:1] != (count,) for name in NAMES):
            path.unlink(missing_ok=True)
            raise FitsError(
                f"{path} was missing or damaged. The same command makes it anew and keeps the others."
            )
        return BatchFits(**arrays)

    def remove(self) -> None:
        """Remove the merged parts. The folder is renamed first, so that a kill leaves no incomplete folder in place."""
        old = self.folder.with_name(f"{self.folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        self.folder.rename(old)
        shutil.rmtree(old, ignore_errors=True)


def digest(*files: Path) -> str:
    """A hash of the names and contents of files. Raises OSError."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode())
        with file.open("rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                found.update(block)
    return found.hexdigest()[:16]


def digest_of_people(photos: Iterable[Photo]) -> str:
    """A hash of all values of photos and people that the fits depend on."""
    found = hashlib.sha256()
    for photo in photos:
        found.update(f"{photo.path} {photo.width} {photo.height} {photo.focal_length} ".encode())
        found.update(f"{photo.camera_center} {len(photo.people)}\n".encode())
        for person in photo.people:
            keypoints = person.keypoints
            found.update(f"{person.id} {keypoints.layout} {person.locked} {person.verdict} ".encode())
            for array in (keypoints.array, person.bbox.center, np.float32(person.bbox.scale)):
                found.update(array.tobytes())
            if person.fit is not None:
                found.update(f"{person.fit.body} {person.fit.score}".encode() + person.fit.pose.tobytes())
    return found.hexdigest()[:16]
