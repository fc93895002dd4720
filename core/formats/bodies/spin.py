"""Reads SPIN's data set .npz and its fits files.

Fits are `<dataset>_fits.npy` (N, 82) or final fits .npz (pose, betas, valid_fit); their row i belongs to row i of the
data set. Fits are in the crop's frame and have no translation. The data set's own poses are in the crop's frame or in
the photo's (core.formats.shared.row_frame tells which), with translations where the file has cameras: global_t (N, 3)
and focal_l (N,) in CLIFF's pseudo-truth, cam_t (N, 3) and cam_int (N, 3, 3) in CamSMPLify's. Our own files tell their
`pose_frame`, and camera_center (N, 2) where it is not the photo's middle. Keypoints are openpose (25) and part (24)
together, layout spin49. A row's own pose with has_smpl = 1 is truth and is read as locked. Where `gender` (N,) is 'm'
or 'f', the row's shape is of SMPL's male or female body, as in SPIN's files of 3DPW. Our synthetic data sets also have
`body`, the fingerprint of the body of all shapes (SMPL's by default), and `kid` (N,), the child shape.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.body.keypoints import OPENPOSE
from core.body.model import SMPL_NEUTRAL, Body
from core.files.untrusted import array_names, read_array, read_arrays
from core.files.unusable import read_error
from core.formats.bodies.spin_fits import FitSource, RowCameras, with_cameras, with_fits
from core.formats.bodies.spin_table import PART, Table
from core.formats.shared import people
from core.formats.shared.genders import COLUMN as GENDER
from core.formats.shared.glimpse import MAYBE, NO, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report
from core.formats.shared.row_frame import COLUMN as FRAME
from core.records import Person, Photo
from core.store.fits.row_origin import with_row

FORMAT = "SPIN data set"
LAYOUT = "spin49"
POSE, BETAS = 72, 10
MAX_POSE = 100.0  # rad, or standard deviations; larger numbers cannot be a body's
_SHAPES: dict[str, tuple[int, ...]] = {
    "center": (2,), "scale": (), "part": (PART, 3), "openpose": (OPENPOSE, 3), "pose": (POSE,),
    "shape": (BETAS,), "has_smpl": (), "kid": (),
    "global_t": (3,), "focal_l": (), "camera_center": (2,), "cam_t": (3,), "cam_int": (3, 3),
}  # fmt: skip
_NEEDED = {"imgname", "center", "scale"}
FIT_NAMES = ("pose", "betas", "valid_fit")
_BODY = "body"


def recognise(seen: Glimpse) -> int:
    """By the arrays of a data set; its fits are known too, so that `refuse` can say what they are."""
    known = seen.kind == "npy" or seen.arrays >= _NEEDED or seen.arrays >= set(FIT_NAMES)
    return MAYBE if known else NO


def refuse(seen: Glimpse) -> None:
    """Raises ReadError for fits alone."""
    remedy = "Read the data set's .npz and give this file as its fits."
    if seen.kind == "npy":
        raise read_error(seen.path, "this is a lone array, such as a fits .npy, and tells no photos", remedy)
    if not seen.arrays >= _NEEDED:
        raise read_error(seen.path, "these are final fits, which tell no photos", remedy)


def read(
    path: Path,
    photos: Path | None = None,
    fits: Path | None = None,
    body: Body | None = None,
    frame: str | None = None,
) -> Import:
    """Read photos, people and fits. Ids are row numbers, and each person's origin has its row. Raises ReadError.

    fits: the fits .npy or .npz of the data set. body: an SMPL body, for exact translations. frame: "photo" or "crop",
    that of the data set's own poses; without it Undecided is raised where nothing tells. Rows of missing photos are
    left out: the format holds no sizes.
    """
    report = Report(path, FORMAT)
    return people_of(read_table(path, report), photos or path.parent, fits, body, report, frame)


def people_of(
    table: Table,
    photos: Path,
    fits: Path | None,
    body: Body | None,
    report: Report,
    frame: str | None = None,
) -> Import:
    """The rows of a table as people, grouped by photo."""
    folder = PhotoFolder(photos, report)
    cameras = None if frame == "crop" else RowCameras.of(table.arrays)
    found: dict[str, Photo] = {}
    rows: list[tuple[int, str]] = []
    persons: list[Person] = []
    for row, array in enumerate(table.keypoints()):
        with report.record(f"row {row}"):
            relative = folder.relative(table.imgname[row])
            if relative not in found:
                found[relative] = Photo(relative, *folder.known_size(relative))
            found[relative] = with_cameras(found[relative], row, cameras)
            box = people.box_from_center(table.arrays["center"][row], float(table.arrays["scale"][row]))
            keypoints = people.make_keypoints(LAYOUT, array, report, f"row {row}")
            persons.append(with_row(people.person(row, box, keypoints), row, len(table)))
            rows.append((row, relative))
    of_photos = [(row, found[relative]) for row, relative in rows]
    for source in _sources(table, fits, report):
        used = _usable_places(source, table, of_photos, report)
        persons = with_fits(persons, of_photos, used, source, table, frame, body, report)
    by_photo: dict[str, list[Person]] = {}
    for (_, relative), person in zip(rows, persons, strict=True):
        by_photo.setdefault(relative, []).append(person)
    return report.done(found[relative].with_(people=tuple(members)) for relative, members in by_photo.items())


def read_table(path: Path, report: Report) -> Table:
    """Read a data set .npz. Raises ReadError where an array has the wrong number of rows or shape."""
    arrays = read_arrays(path, ("imgname", *_SHAPES, GENDER))
    for name in ("imgname", "center", "scale"):
        if name not in arrays:
            raise report.error(
                f"no array '{name}'", "Choose a data set .npz of SPIN, with imgname, center and scale."
            )
    imgname = arrays["imgname"]
    if imgname.ndim != 1 or imgname.dtype.kind not in "US":
        raise report.error("it is not a list of names", "Save it again as text.", "imgname")
    report.count_people(len(imgname))
    for name in array_names(path):
        if name not in (*arrays, _BODY, FRAME):
            report.note(f"'{name}' is not read; edited copies of this file keep it")
    columns = {
        name: checked(arrays[name], name, len(imgname), shape, report)
        for name, shape in _SHAPES.items()
        if name in arrays
    }
    names = list(people.text_column(imgname))
    return Table(names, columns, body_named(path, report), arrays.get(GENDER), _frame_named(path, report))


def _frame_named(path: Path, report: Report) -> str:
    """The frame that one of our own files tells of its poses; '' for other programs'. Raises ReadError."""
    named = read_arrays(path, (FRAME,)).get(FRAME, np.array(""))
    if named.shape != () or named.dtype.kind != "U" or str(named) not in ("", "photo", "crop"):
        raise report.error("it must be one text, 'photo' or 'crop'", "Export it again.", FRAME)
    return str(named)


def body_named(path: Path, report: Report) -> str:
    """The fingerprint of the body of a data set's shapes; SMPL's where the file has none. Raises ReadError."""
    named = read_arrays(path, (_BODY,)).get(_BODY, np.array(SMPL_NEUTRAL))
    if named.shape != () or named.dtype.kind != "U":
        raise report.error("it must be one text, the fingerprint of a body", "Export it again.", _BODY)
    return str(named)


def read_fits(path: Path, rows: int | None = None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Read a fits .npy or final-fits .npz. Returns pose (N, 72), betas (N, 10), valid (N,) bool.

    rows: the data set's number of rows. Raises ReadError where N differs from it.
    """
    report = Report(path, "SPIN fits")
    if path.suffix == ".npy":
        array = read_array(path)
        if array.ndim != 2 or array.shape[1] != POSE + BETAS or array.dtype.kind not in "fiu":
            raise report.error(
                f"its shape is {array.shape}, not (N, {POSE + BETAS})", "Choose a <dataset>_fits.npy."
            )
        values = array.astype(np.float64)
        pose, betas, valid = values[:, :POSE], values[:, POSE:], (values != 0).any(axis=1)
    else:
        arrays = read_arrays(path, FIT_NAMES)
        missing = [name for name in FIT_NAMES if name not in arrays]
        if missing:
            raise report.error(f"no array {', '.join(missing)}", "Final fits have pose, betas and valid_fit.")
        count = len(arrays["pose"]) if arrays["pose"].ndim else 0
        pose = checked(arrays["pose"], "pose", count, (POSE,), report)
        betas = checked(arrays["betas"], "betas", count, (BETAS,), report)
        valid = checked(arrays["valid_fit"], "valid_fit", count, (), report) > 0
    if rows is not None and len(pose) != rows:
        raise report.error(
            f"{len(pose)} rows, but the data set has {rows}", "Choose the fits of this data set."
        )
    return pose, betas, valid


def checked(array: np.ndarray, name: str, count: int, shape: tuple[int, ...], report: Report) -> np.ndarray:
    """The array as float64 (count, *shape). (count, 1) passes for (count,). Raises ReadError for other shapes."""
    if (
        array.dtype.kind not in "biuf"
        or array.size != count * int(np.prod(shape))
        or array.shape[:1] != (count,)
    ):
        wanted = (count, *shape)
        raise report.error(
            f"its shape is {array.shape}, but must be {wanted}", "Export the data set again.", name
        )
    return array.reshape(count, *shape).astype(np.float64)


def _sources(table: Table, fits: Path | None, report: Report) -> list[FitSource]:
    """Sources of fits, the best last: the fits file, then the data set's own truth."""
    sources = []
    if fits is not None:
        bodies, count = np.full(len(table), table.body), len(table)
        sources.append(FitSource(*read_fits(fits, count), bodies, np.zeros(count, bool), own=False))
    if "pose" in table.arrays and "shape" in table.arrays:
        has_smpl = table.arrays.get("has_smpl", np.ones(len(table))) > 0
        pose, betas = table.arrays["pose"], table.arrays["shape"]
        shaped = np.ones(len(table), bool) if table.shaped is None else table.shaped
        if has_smpl.any():
            betas = np.where(shaped[:, None], betas, 0.0)
            sources.append(
                FitSource(pose, betas, has_smpl, table.truth_bodies(report.path), shaped, own=True)
            )
    return sources


def _usable_places(
    source: FitSource, table: Table, rows: list[tuple[int, Photo]], report: Report
) -> list[int]:
    """Places among the people of those with a usable fit; a fit of wild numbers is reported."""
    kid = table.arrays.get("kid", np.zeros(len(table)))
    numbers = np.abs(np.column_stack([source.pose, source.betas, kid]))
    usable = (numbers <= MAX_POSE).all(axis=1)
    for row, _ in rows:
        if source.valid[row] and not usable[row]:
            report.leave_out(f"row {row}, pose", "its numbers are not finite, or too large for a body")
    return [place for place, (row, _) in enumerate(rows) if source.valid[row] and usable[row]]
