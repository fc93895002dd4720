"""Reads `joints.mat` of LSP and LSP-extended.

joints (3, 14, N) or (14, 3, N); photos are images/im0001.jpg or im00001.jpg. The first two rows are px of the
photo, layout lsp14. The third row is not read, and every import notes it: public readers disagree on whether 1 means
visible or occluded, and the original file was not available to check. A point at or below (0, 0) is absent.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from core.files.mat import read_mat
from core.files.unusable import Unusable
from core.formats.layouts.layout_choice import fixed_layout
from core.formats.shared import people
from core.formats.shared.glimpse import LIKELY, NO, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report
from core.records import Photo

FORMAT = "LSP joints"
LAYOUT = "lsp14"
KEYPOINTS = 14
EXTENDED_FROM = 2001  # photos; the original set has 2000, and four digits in its names
_NUMBERED = ("im{:04d}", "im{:05d}")


def recognise(seen: Glimpse) -> int:
    """By its variable."""
    return LIKELY if "joints" in seen.variables else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read one person per photo. Missing photos are left out: the format holds no sizes.

    layout_name: another layout of as many keypoints. Raises ReadError, and LayoutError for an unknown layout_name.
    """
    report = Report(path, FORMAT)
    chosen = fixed_layout(report, LAYOUT, layout_name)
    joints = read_mat(path).get("joints")
    if not isinstance(joints, np.ndarray) or joints.ndim != 3 or joints.dtype.kind not in "iuf":
        raise report.error(
            "no array 'joints' of three dimensions", "Choose joints.mat of LSP or LSP-extended."
        )
    if joints.shape[1] == KEYPOINTS and joints.shape[0] >= 2:
        rows = joints.transpose(2, 1, 0)
    elif joints.shape[0] == KEYPOINTS and joints.shape[1] >= 2:
        rows = joints.transpose(2, 0, 1)
    else:
        raise report.error(f"its shape is {joints.shape}", "It must be (3, 14, N) or (14, 3, N).", "joints")
    report.count_people(len(rows))
    report.note("the third row of joints (visible or occluded) is not read: its meaning is uncertain")
    folder = PhotoFolder(photos or path.parent, report)
    found = []
    for index, row in enumerate(rows.astype(np.float64)):
        record = f"photo {index + 1}"
        with report.record(record):
            relative = _photo(index + 1, len(rows), folder)
            seen = (row[:, 0] > 0) & (row[:, 1] > 0) | ~np.isfinite(row[:, :2]).all(axis=1)
            array = np.column_stack([np.where(seen[:, None], row[:, :2], 0.0), seen])
            keypoints = people.make_keypoints(chosen, array, report, record)
            person = people.person(0, people.box_round(keypoints), keypoints)
            found.append(Photo(relative, *folder.known_size(relative), (person,)))
    return report.done(found)


def _photo(number: int, count: int, folder: PhotoFolder) -> str:
    """The path of photo `number`: im0001 in the original set, im00001 in the extended one. Raises Unusable."""
    names = _NUMBERED if count < EXTENDED_FROM else _NUMBERED[::-1]
    for name in names:
        try:
            return folder.named(name.format(number))
        except Unusable:
            continue
    raise Unusable("its photo is not in the folder; choose the folder that holds images/")
