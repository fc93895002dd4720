"""A small file that claims gigabytes is refused with one error, before memory is taken for what it claims."""

import io
import struct
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from core.errors import CheckpointError, ReadError
from core.files.mat import read_mat
from core.files.npz import ArrayFault, read_npy, read_npz
from core.networks.checkpoint import read_checkpoint

LITTLE_BYTES = 256 * 2**20
COUNT = 70_000  # so that pickles write it in four bytes
MOST = struct.pack("<i", 2**31 - 1)


def refused(error: type[Exception], why: str, read: Callable[[Path], object], path: Path) -> None:
    """Reading raises one error, and takes little memory."""
    assert path.stat().st_size < 2**21
    tracemalloc.start()
    try:
        with pytest.raises(error, match=why):
            read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < LITTLE_BYTES


def torch_file(in_archive: bool) -> bytes:
    """A tensor of COUNT numbers whose pickle says that there are 2**31 - 1."""
    stream = io.BytesIO()
    torch.save({"x": torch.zeros(COUNT)}, stream, _use_new_zipfile_serialization=in_archive)
    honest = b"J" + struct.pack("<i", COUNT)
    if not in_archive:
        return stream.getvalue().replace(honest, b"J" + MOST)
    changed = io.BytesIO()
    with zipfile.ZipFile(stream) as old, zipfile.ZipFile(changed, "w", zipfile.ZIP_STORED) as new:
        for info in old.infolist():
            new.writestr(info.filename, old.read(info).replace(honest, b"J" + MOST))
    return changed.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (torch_file(in_archive=False), "names more numbers than it has bytes"),
        (torch_file(in_archive=True), "names more numbers than it has bytes"),
        (b"\x80\x02c__builtin__\nbytearray\nJ" + MOST + b"\x85R.", "asks for .*bytearray"),
    ],
    ids=["old format", "archive", "bytearray"],
)
def test_a_checkpoint_that_names_more_than_it_has_never_reaches_torch(data, why, tmp_path, monkeypatch):
    def load(*_: object, **__: object) -> None:
        pytest.fail("torch would allocate it")

    monkeypatch.setattr(torch, "load", load)
    (tmp_path / "a.pt").write_bytes(data)
    refused(CheckpointError, why, read_checkpoint, tmp_path / "a.pt")


def element(kind: int, content: bytes, size: int | None = None) -> bytes:
    return (
        struct.pack("<II", kind, len(content) if size is None else size) + content + bytes(-len(content) % 8)
    )


def cells(count: int) -> bytes:
    """A matrix of class cell that says how many it has, and has one empty one."""
    flags, name = element(6, struct.pack("<II", 1, 0)), element(1, b"x")
    return element(14, flags + element(5, struct.pack("<ii", 1, count)) + name + element(14, b""))


def packed_zeros(size: int) -> bytes:
    """Zeros, packed. Each MiB is packed apart, so that one is packed and the others are copies of its bytes."""
    packer, zeros = zlib.compressobj(9), bytes(2**20)
    first, next_one = (packer.compress(zeros) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    checksum = struct.pack(">I", (size % 65521) << 16 | 1)  # Adler-32 of so many zeros
    packed = first + next_one * (size // len(zeros) - 1) + packer.flush()[:-4] + checksum
    return struct.pack("<II", 15, len(packed)) + packed


@pytest.mark.parametrize(
    "content",
    [element(14, b"", size=2**32 - 8), cells(2**31 - 1), packed_zeros(2**29)],
    ids=["an element", "cells", "packed zeros"],
)
def test_a_mat_file_that_claims_more_than_it_has_is_refused(content, tmp_path):
    header = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM"
    (tmp_path / "a.mat").write_bytes(header + content)
    refused(ReadError, "damaged", read_mat, tmp_path / "a.mat")


def test_an_npz_may_not_unpack_to_far_more_than_it_holds(tmp_path):
    with (
        zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("x.npy", "w") as member,
    ):
        for _ in range(160):
            member.write(bytes(2**20))
    refused(ArrayFault, "it unpacks to more than", read_npz, tmp_path / "a.npz")


@pytest.mark.parametrize("read", [read_npz, read_npy])
def test_an_array_that_says_it_has_gigabytes_is_refused(read, tmp_path):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": "<f8", "fortran_order": False, "shape": (2**29,)})
    path = tmp_path / "a.npy"
    path.write_bytes(stream.getvalue() + bytes(800))
    if read is read_npz:
        with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
            archive.write(path, "x.npy")
        path = tmp_path / "a.npz"
    refused(ArrayFault, "not as long as its shape", read, path)
