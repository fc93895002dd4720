"""The columns of a `curated.npz`: arrays of N rows by name, as float32 numbers, truth values and texts."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from core.errors import FitsError

FORMAT_VERSION = 1
SOURCES = ("", "guess", "fit", "curated")  # '' for a person without a fit

NUMBERS: dict[str, tuple[int, ...]] = {
    "pose": (72,),
    "betas": (10,),
    "kid": (),
    "cam_t": (3,),
    "focal_length": (),
    "camera_center": (2,),
    "center": (2,),
    "scale": (),
    "keypoints": (49, 3),
    "score": (),
}
OPTIONAL: dict[str, tuple[int, ...]] = {"photo_size": (2,)}  # zeros where a file does not have it
# The largest size of each number but for the score: beyond it a body's arithmetic overflows float32.
LARGEST = {
    "pose": 1e4,
    "betas": 1e4,
    "kid": 1e4,
    "cam_t": 1e7,
    "focal_length": 1e9,
    "camera_center": 1e7,
    "center": 1e7,
    "scale": 1e5,
    "keypoints": 1e9,
    "photo_size": 1e7,
}
LEAST = {"focal_length": 1e-3, "scale": 5e-6}  # px, and a thousandth of a px
# What mends a number that no row can have, in a project.
REMEDIES = {
    "center": "Draw the box again.",
    "scale": "Draw the box again.",
    "keypoints": "Place the keypoints again.",
    "photo_size": "Remove the photo.",
}
TRUTHS = ("valid_fit", "locked")
TRACK = "track"  # of whole numbers, -1 for none; files from before tracks lack it
NO_TRACK = -1
TEXTS = ("imgname", "dataset", "verdict", "source")


def fault_of(row: Mapping[str, object]) -> str:
    """Why the numbers of one row cannot be written, with the remedy; '' for a row that can."""
    for name in (NUMBERS | OPTIONAL).keys() - {"score"}:
        with np.errstate(over="ignore"):  # a number too large for float32 becomes infinite
            values = np.asarray(row[name], np.float32)
        remedy = REMEDIES.get(name, "Fit this person again.")
        if not np.isfinite(values).all() or (np.abs(values) > LARGEST.get(name, np.inf)).any():
            return f"its {name} has a number beyond {LARGEST[name]:g}. {remedy}"
        if name in LEAST and (values < LEAST[name]).any():
            return f"its {name} is {float(values.min()):g}, but must be more than {LEAST[name]:g}. {remedy}"
    return ""


def check_arrays(arrays: dict[str, np.ndarray], where: str) -> None:
    """Check all arrays of a file. Raises FitsError, which names `where`, the array, the row and the remedy."""
    version = arrays.get("format_version", np.array(FORMAT_VERSION))
    if version.shape != () or version.dtype.kind not in "iu" or int(version) > FORMAT_VERSION:
        raise FitsError(
            f"{where} is of format {version}, newer than this program's {FORMAT_VERSION}. Update Fitloop."
        )
    missing = [name for name in (*NUMBERS, *TRUTHS, *TEXTS, "body") if name not in arrays]
    if missing:
        raise FitsError(f"{where} has no {', '.join(missing)}. Choose a fits dictionary that Fitloop wrote.")
    count = len(np.atleast_1d(arrays["imgname"]))
    for name, array in arrays.items():
        _check_array(name, array, count, where)


def _check_array(name: str, array: np.ndarray, count: int, where: str) -> None:
    if name == "format_version":
        return
    shape = () if name == "body" else (count, *(NUMBERS | OPTIONAL).get(name, ()))
    kinds = (
        "U"
        if name in TEXTS or name == "body"
        else "biu"
        if name in TRUTHS
        else "iu"
        if name == TRACK
        else "f"
    )
    if array.shape != shape or (array.size and array.dtype.kind not in kinds):
        raise FitsError(
            f"{where}, {name}: it is {array.shape} of {array.dtype}, but must be {shape}. Save it again."
        )
    if name == TRACK and array.size and int(array.max()) >= 2**63:
        raise FitsError(f"{where}, {name}: a number is too large. Save it again.")
    if kinds == "f" and name != "score" and not np.isfinite(array).all():
        row = int(np.argwhere(~np.isfinite(array))[0][0])
        raise FitsError(f"{where}, {name}, row {row}: a number is not finite. Fit this person again.")
    if name in LEAST and not (array >= LEAST[name]).all():
        raise FitsError(
            f"{where}, {name}, row {int(np.argmin(array))}: it must be more than {LEAST[name]:g}. Correct this row."
        )
    if name in LARGEST and not (np.abs(array) <= LARGEST[name]).all():
        row = int(np.argwhere(np.abs(array) > LARGEST[name])[0][0])
        raise FitsError(
            f"{where}, {name}, row {row}: it has a number beyond {LARGEST[name]:g}. Correct this row, or leave it out."
        )


def tracks_of(arrays: dict[str, np.ndarray], count: int) -> np.ndarray:
    """(N,) int64: the tracks of a file, NO_TRACK where it has none."""
    known = arrays.get(TRACK)
    return np.full(count, NO_TRACK, np.int64) if known is None else np.array(known, np.int64)


def source_codes(names: np.ndarray, where: str) -> np.ndarray:
    """Indices (N,) uint8 into SOURCES of names (N,). Raises FitsError for an unknown name."""
    codes = np.select([names == name for name in SOURCES], range(len(SOURCES)), -1)
    if (codes < 0).any():
        row = int(np.argmax(codes < 0))
        raise FitsError(f"{where}, row {row}: unknown source {str(names[row])!r}. Use one of {SOURCES}.")
    return codes.astype(np.uint8)
