"""The weights of RTMPose: downloaded once, checked by their SHA-256, and kept in the user's cache.

Only files with these very hashes are used: an .onnx file of somebody else never gets this far.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import shutil
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from core.errors import DetectorError
from core.files.regular import open_regular
from core.files.whole_file import whole_file

MEMBER = "end2end.onnx"  # of each archive
PART_BYTES = 1 << 16
TELL_EVERY_S = 0.1
TIMEOUT_S = 20.0  # without a byte
MEGABYTE = 1e6


@dataclass(frozen=True)
class Weights:
    """An archive on the servers, and the file in it: their sizes in bytes and SHA-256."""

    name: str
    archive_bytes: int
    archive_sha256: str
    file_bytes: int
    file_sha256: str

    @property
    def file(self) -> Path:
        """The place of the unpacked file."""
        return weights_folder() / f"{self.name}.onnx"


@dataclass(frozen=True)
class Fetched:
    """Bytes downloaded so far, of all archives that were missing."""

    done: int
    total: int


# OpenMMLab's own server, and the copy of the same archives by RTMPose's author at a fixed commit.
SERVERS = (
    "https://download.openmmlab.com/mmpose/v1/projects/rtmposev1/onnx_sdk/",
    "https://huggingface.co/Tau-J/RTMPose/resolve/cd4d7095f5cfc9cfc4f46289bee91ea4a1e1d9fd/rtmposev1/onnx_sdk/",
)
BOXES = Weights(
    "yolox_m_8xb8-300e_humanart-c2c7a14a",
    94_223_081,
    "a000224fd8ba283202bc62d4a5fcdfe353adb9f468777dbac1ea2ada2093adde",
    101_400_344,
    "3dea6513388889f0fff4b77bf7a26013600321b9eb9ceb0e9a400a82572f5f23",
)
KEYPOINTS = Weights(
    "rtmpose-m_simcc-body7_pt-body7-halpe26_700e-256x192-4d3e73dd_20230605",
    52_089_522,
    "55b81170e236040b59fc792ad0a8315301ac4c079a3bdb1095d838aad3088d18",
    55_685_444,
    "26f3a19e61304a600dfb82d1001d41d24343b89fc70a33ffc84657e0b0bf2ecf",
)


def weights_folder() -> Path:
    """The folder of downloaded weights."""
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "fitloop" / "weights"


def missing_weights() -> list[Weights]:
    """The weights that are not in the folder, or have another size there."""
    return [one for one in (BOXES, KEYPOINTS) if not _has_size(one)]


def checked_weights() -> tuple[Path, Path]:
    """The files of the person detector and of the keypoint network.

    Raises DetectorError if one is missing or damaged.
    """
    missing = missing_weights()
    if missing:
        names = ", ".join(one.name for one in missing)
        raise DetectorError(f"RTMPose's weights are not there yet ({names}). {_by_hand(missing[0])}")
    for one in (BOXES, KEYPOINTS):
        with open_regular(one.file) as stream:
            if _sha256(stream) != one.file_sha256:
                raise DetectorError(f"{one.file} is damaged. Delete it, and it is downloaded again.")
    return BOXES.file, KEYPOINTS.file


def fetch_steps() -> Iterator[Fetched]:
    """Download the missing weights, with a step every TELL_EVERY_S. Closing it early leaves nothing behind.

    Raises DetectorError where no server can be reached, or what comes has another hash.
    """
    missing = missing_weights()
    total, before = sum(one.archive_bytes for one in missing), 0
    yield Fetched(0, total)
    try:
        weights_folder().mkdir(parents=True, exist_ok=True)
        for one in missing:
            with TemporaryFile(dir=weights_folder()) as archive:
                for done in _download(one, archive):
                    yield Fetched(before + done, total)
                _unpack(one, archive)
            before += one.archive_bytes
    except OSError as error:
        raise DetectorError(f"{weights_folder()}: the weights cannot be kept there ({error}).") from error
    yield Fetched(total, total)


def _download(weights: Weights, archive: IO[bytes]) -> Iterator[int]:
    """Write the archive from the first server that has it, and yield the number of bytes so far."""
    why: list[str] = []
    for server in SERVERS:
        archive.seek(0)
        archive.truncate()
        try:
            yield from _download_from(f"{server}{weights.name}.zip", weights, archive)
            return
        except (urllib.error.URLError, http.client.HTTPException, TimeoutError, ConnectionError) as error:
            why.append(str(getattr(error, "reason", error)))
        except DetectorError as error:
            why.append(str(error))
    reasons = "; ".join(dict.fromkeys(why))
    raise DetectorError(f"RTMPose's weights cannot be downloaded ({reasons}). {_by_hand(weights)}")


def _download_from(address: str, weights: Weights, archive: IO[bytes]) -> Iterator[int]:
    digest, done, last = hashlib.sha256(), 0, time.monotonic()
    with urllib.request.urlopen(address, timeout=TIMEOUT_S) as answer:
        while part := answer.read(PART_BYTES):
            done += len(part)
            if done > weights.archive_bytes:
                break
            digest.update(part)
            archive.write(part)
            if time.monotonic() - last > TELL_EVERY_S:
                last = time.monotonic()
                yield done
    if digest.hexdigest() != weights.archive_sha256:
        raise DetectorError(f"{address} is not the file that it was: its hash differs")


def _unpack(weights: Weights, packed: IO[bytes]) -> None:
    """Write the network in an archive to its place. Raises DetectorError if it is another one."""
    try:
        with zipfile.ZipFile(packed) as archive, whole_file(weights.file) as stream:
            (member,) = (one for one in archive.infolist() if one.filename.rpartition("/")[2] == MEMBER)
            if member.file_size != weights.file_bytes:
                raise DetectorError(f"{weights.name}.zip holds another network. Report this.")
            with archive.open(member) as content:
                shutil.copyfileobj(content, stream, PART_BYTES)
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise DetectorError(f"{weights.name}.zip cannot be unpacked ({error}).") from error


def _has_size(weights: Weights) -> bool:
    with suppress(OSError):
        return weights.file.stat().st_size == weights.file_bytes
    return False


def _sha256(stream: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while part := stream.read(1 << 20):
        digest.update(part)
    return digest.hexdigest()


def _by_hand(weights: Weights) -> str:
    return (
        f"On a machine with a network, download {SERVERS[0]}{weights.name}.zip "
        f"({weights.archive_bytes / MEGABYTE:.0f} MB), take {MEMBER} out of it, and put it here as {weights.file}."
    )
