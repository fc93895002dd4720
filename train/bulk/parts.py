"""A long piece of work kept in parts: what was done stays done, whenever its processes are killed.

The parts of OUT lie in the folder OUT.parts, one whole file a batch, beside a key that tells of what source and
options they are. Any process may write any part; the first one holds the folder and merges.
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
LONGEST_WAIT = timedelta(days=30)  # of one process for the others
NAMES = tuple(field.name for field in dataclasses.fields(BatchFits))


@dataclass(frozen=True)
class Process:
    """This process's number `rank` of `count`, as torchrun or a cluster tells; alone without either."""

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
        """Whether this is the process that merges and talks."""
        return self.rank == 0

    def wait(self) -> None:
        """Until all are here."""
        if self.count > 1:
            dist.barrier()

    def leave(self) -> None:
        if dist.is_initialized():
            dist.destroy_process_group()


@dataclass(frozen=True)
class Parts:
    """The parts of one file. key: plain values that tell source and options; two runs may go on with each other's
    parts exactly when their keys are equal."""

    folder: Path
    key: dict[str, str]

    @classmethod
    def of(cls, out: Path, key: dict[str, str]) -> Parts:
        return cls(out.with_name(f"{out.name}.parts"), key)

    def hold(self) -> WriterLock:
        """Make the folder, or take up the one that is there. Only one run at a time may; it is let go of with the
        lock or with the process.

        Raises FitsError when another run holds it, when its parts are of another key, or when it cannot be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = WriterLock.take(self.folder / "run")
        except (OSError, ProjectError) as error:
            raise FitsError(f"{self.folder} cannot be written ({error}). Choose another --out.") from None
        if lock is None:
            raise FitsError(f"{self.folder} is being worked on by another process. Wait for it, or end it.")
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
                "Go on with those, choose another --out, or remove that folder to start anew."
            )
        try:
            with whole_file(file) as stream:
                stream.write(json.dumps(self.key, indent=1).encode())
        except OSError as error:
            raise FitsError(f"{file} cannot be written ({error}). Choose another --out.") from None

    def file(self, number: int) -> Path:
        return self.folder / f"{number:06d}.npz"

    def done(self) -> set[int]:
        """Numbers of the parts that are there."""
        return {int(path.stem) for path in self.folder.glob("[0-9]*.npz")}

    def write(self, number: int, rows: BatchFits) -> None:
        """Raises FitsError when the disk refuses."""
        write_arrays(self.file(number), {name: getattr(rows, name) for name in NAMES})

    def read(self, number: int, count: int) -> BatchFits:
        """A part of `count` rows. A damaged one is removed, and a FitsError says so."""
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
        """Once they are merged: all at once, so that a kill leaves no half of them under their name."""
        old = self.folder.with_name(f"{self.folder.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        self.folder.rename(old)
        shutil.rmtree(old, ignore_errors=True)


def digest(*files: Path) -> str:
    """What tells files apart: a hash of names and contents. Raises OSError."""
    found = hashlib.sha256()
    for file in files:
        found.update(file.name.encode())
        with file.open("rb") as stream:
            for block in iter(lambda: stream.read(1 << 20), b""):
                found.update(block)
    return found.hexdigest()[:16]


def digest_of_people(photos: Iterable[Photo]) -> str:
    """A hash of all that the fits depend on."""
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
