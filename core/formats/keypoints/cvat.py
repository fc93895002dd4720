"""Reads CVAT's XML 1.1 "for images".

<image name width height> holds <skeleton label>, which holds <points label occluded outside points>. CVAT's
documentation does not describe skeletons: this follows the source of CVAT's exporter, and was not checked with an
exported file. Boxes, single points, polygons and video tracks are left out. A document type is refused, as it allows
entity bombs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

import numpy as np

from core.body.keypoints import layout
from core.errors import ReadError, Undecided
from core.files.untrusted import finite, read_bytes
from core.files.unusable import Unusable
from core.formats.layouts.layout_choice import chosen_layout
from core.formats.shared import people
from core.formats.shared.glimpse import MAYBE, NO, Glimpse
from core.formats.shared.layout_match import NameMatch
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report
from core.records import Person, Photo

FORMAT = "CVAT XML"
MAX_DEPTH = 32
MAX_POINTS = 1000  # of one skeleton
MAX_SIDE = 100_000  # px
_SHAPES = ("box", "points", "polygon", "polyline", "ellipse", "mask", "cuboid", "tag")


@dataclass
class _Skeleton:
    names: list[str] = field(default_factory=list)
    points: list[tuple[str, str, str]] = field(default_factory=list)


def recognise(seen: Glimpse) -> int:
    """Any XML."""
    return MAYBE if seen.kind == "xml" else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read photos and people. photos: the folder that names are relative to.

    layout_name: of points whose names do not tell it. Raises ReadError, and LayoutError for an unknown layout_name.
    """
    report = Report(path, FORMAT)
    if layout_name is not None:
        layout(layout_name)
    reader = _Reader(report, PhotoFolder(photos or path.parent, report), layout_name)
    data = read_bytes(path)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}, column {error.offset + 1}"
        problem = f"this is not XML: {expat.ErrorString(error.code)}"
        raise report.error(problem, "Was it cut off? Export it again.", where) from error
    except ReadError:
        raise
    except (LookupError, ValueError) as error:  # an encoding that Python lacks or that expat cannot use
        raise report.error("its encoding is unknown", "Save it as UTF-8.") from error
    if not reader.is_cvat:
        raise report.error("no <annotations>", "Choose an export of CVAT, 'CVAT for images 1.1'.")
    if reader.question is not None and not any(photo.people for photo in reader.photos):
        raise reader.question
    return report.done(reader.photos)


class _Reader:
    """Receives the document's elements from the parser; one photo is open at a time."""

    def __init__(self, report: Report, folder: PhotoFolder, layout_name: str | None) -> None:
        self.is_cvat = False
        self.question: Undecided | None = None  # about the first skeletons whose names tell no layout
        self.photos: list[Photo] = []
        self._report = report
        self._folder, self._layout_name = folder, layout_name
        self._matches: dict[tuple[str, ...], NameMatch] = {}
        self._depth = 0
        self._image: dict[str, str] | None = None
        self._persons: list[Person] = []
        self._skeleton: _Skeleton | None = None
        self._paths: set[str] = set()
        self._images = 0

    def refuse_doctype(self, *_: object) -> None:
        raise self._report.error(
            "it declares a document type, which CVAT never does", "Export it from CVAT again."
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self._report.error(f"nested more than {MAX_DEPTH} deep", "Export it from CVAT again.")
        if self._depth == 1:
            self.is_cvat = tag == "annotations"
        if not self.is_cvat:
            return
        if tag == "track" and self._depth == 2:
            self._report.leave_out(
                f"track {attributes.get('id', '')[:32]}",
                "video tracks are not read; export 'CVAT for images'",
            )
        elif tag == "image" and self._depth == 2:
            self._image, self._persons = attributes, []
            self._images += 1
            if self._images > MAX_PHOTOS:
                raise self._report.error(f"more than {MAX_PHOTOS} photos", "Split the task.")
        elif self._image is None:
            return
        elif tag == "skeleton" and self._skeleton is None:
            self._report.count_people()
            self._skeleton = _Skeleton()
        elif tag == "points" and self._skeleton is not None:
            self._add_point(attributes)
        elif tag in _SHAPES and self._skeleton is None:
            self._report.leave_out(
                f"{tag} in {self._name()}", "only skeletons are read; a single shape is not a person"
            )

    def end(self, tag: str) -> None:
        if tag == "skeleton" and self._skeleton is not None:
            record = f"skeleton {len(self._persons)} in {self._name()}"
            with self._report.record(record):
                self._persons.append(self._person(self._skeleton, record))
            self._skeleton = None
        elif tag == "image" and self._depth == 2 and self._image is not None:
            with self._report.record(f"image {self._name()}"):
                self.photos.append(self._photo(self._image))
            self._image = self._skeleton = None
        self._depth -= 1

    def _name(self) -> str:
        return (self._image or {}).get("name", "")[:100]

    def _add_point(self, attributes: dict[str, str]) -> None:
        if self._skeleton is None or len(self._skeleton.names) >= MAX_POINTS:
            return
        self._skeleton.names.append(attributes.get("label", "")[:64])
        marks = attributes.get("outside", "0"), attributes.get("occluded", "0")
        self._skeleton.points.append((attributes.get("points", ""), *marks))

    def _person(self, skeleton: _Skeleton, record: str) -> Person:
        matched = self._match(tuple(skeleton.names))
        rows = [
            (*_place(text), outside != "1", occluded == "1" and outside != "1")
            for text, outside, occluded in skeleton.points
        ]
        array = matched.pick(np.array(rows, dtype=np.float64))
        keypoints = people.make_keypoints(matched.layout, array[:, :3], self._report, record, array[:, 3] > 0)
        return people.person(len(self._persons), people.box_round(keypoints), keypoints)

    def _match(self, names: tuple[str, ...]) -> NameMatch:
        """The layout of a skeleton's points. Raises Unusable, also where the user must be asked."""
        if names not in self._matches:
            try:
                where = f"a skeleton of {len(names)} points"
                found = chosen_layout(self._report, where, names, len(names), self._layout_name)
            except Undecided as question:
                self.question = self.question or question
                raise Unusable("its points do not tell their layout; name the layout") from question
            self._matches[names] = found
        return self._matches[names]

    def _photo(self, attributes: dict[str, str]) -> Photo:
        relative = self._folder.relative(attributes.get("name"))
        if relative in self._paths:
            raise Unusable("its name was used before in this file; each must have its own")
        try:
            width, height = int(attributes["width"]), int(attributes["height"])
        except (KeyError, ValueError):
            width, height = self._folder.known_size(relative)
        if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
            raise Unusable("its width or height is not valid")
        self._paths.add(relative)
        return Photo(relative, width, height, tuple(self._persons))


def _place(text: str) -> tuple[float, float]:
    """x, y [px] from the text 'x,y'. Raises Unusable."""
    try:
        x, y = (float(part) for part in text[:100].split(","))
    except ValueError as error:
        raise Unusable("the place of a point is not x,y") from error
    finite([x, y], 2)
    return x, y
