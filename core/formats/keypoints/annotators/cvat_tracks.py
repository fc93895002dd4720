"""Reads CVAT's XML 1.1 "for video": tracks of skeletons.

Frames count from 0. Frames without an entry of a track lie linearly between those that have one. A point that is
A point marked `outside` is absent; a person without any other point is absent too. A track's id is the person's track.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from core.errors import ReadError
from core.files.untrusted import point, read_bytes
from core.files.unusable import Unusable
from core.formats.keypoints.annotators.keyframe_tracks import KeyframeTrack, add_tracks
from core.formats.keypoints.annotators.named_people import MAX_NAMES, NamedPeople, PlacedPoint
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.numbered_photos import NumberedPhotos
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import Import, Report

FORMAT = "CVAT video"
MAX_DEPTH = 32
_META = ("width", "height", "source")  # elements of <meta> that are read


@dataclass
class _Track:
    id: str
    keyframes: dict[int, dict[str, PlacedPoint]] = field(default_factory=dict)


def recognise(seen: Glimpse) -> int:
    """XML of CVAT with tracks and without photos."""
    if seen.kind != "xml" or b"<annotations" not in seen.data:
        return NO
    return SURE if b"<track " in seen.data and b"<image " not in seen.data else NO


def read(
    path: Path, photos: Path | None = None, layout_name: str | None = None, first_frame: int | None = None
) -> Import:
    """Read photos and people. photos: the folder of the video's frames. Raises ReadError, and LayoutError for an
    unknown layout_name."""
    report = Report(path, FORMAT)
    found, reader = NamedPeople(report, layout_name), _Reader(report)
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = reader.refuse_doctype
    try:
        parser.Parse(read_bytes(path), True)
    except expat.ExpatError as error:
        where = f"line {error.lineno}, column {error.offset + 1}"
        problem = f"this is not XML: {expat.ErrorString(error.code)}"
        raise report.error(problem, "Was it cut off? Export it again.", where) from error
    except ReadError:
        raise
    except (LookupError, ValueError) as error:  # an encoding that Python lacks or that expat cannot use
        raise report.error("its encoding is unknown", "Save it as UTF-8.") from error
    if not reader.is_cvat:
        raise report.error("no <annotations>", "Choose an export of CVAT, 'CVAT for video 1.1'.")
    folder = PhotoFolder(photos or path.parent, report)
    series = Path(reader.meta.get("source", "").replace("\0", "")).stem
    numbered = NumberedPhotos(folder, series, first_frame)
    found.name(reader.names)
    tracks = [
        KeyframeTrack(f"track {one.id}", one.id, one.keyframes, [(0, max(one.keyframes, default=-1) + 1)])
        for one in reader.tracks
    ]
    add_tracks(found, tracks, numbered, (_side(reader.meta, "width"), _side(reader.meta, "height")))
    return found.done()


class _Reader:
    """Receives the document's elements from the parser; one track and one skeleton are open at a time."""

    def __init__(self, report: Report) -> None:
        self.is_cvat = False
        self.meta: dict[str, str] = {}
        self.tracks: list[_Track] = []
        self.names: dict[str, None] = {}
        self._report = report
        self._path: list[str] = []
        self._frame: int | None = None
        self._points: dict[str, PlacedPoint] = {}

    def refuse_doctype(self, *_: object) -> None:
        raise self._report.error(
            "it declares a document type, which CVAT never does", "Export it from CVAT again."
        )

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self._path.append(tag)
        if len(self._path) > MAX_DEPTH:
            raise self._report.error(f"nested more than {MAX_DEPTH} deep", "Export it from CVAT again.")
        if len(self._path) == 1:
            self.is_cvat = tag == "annotations"
        elif self._path == ["annotations", "track"]:
            self.tracks.append(_Track(attributes.get("id", str(len(self.tracks)))[:32]))
        elif self._path[:2] != ["annotations", "track"]:
            return
        elif tag == "skeleton" and len(self._path) == 3:
            self._frame, self._points = _frame(attributes), {}
        elif tag == "points" and len(self._path) == 4 and self._path[2] == "skeleton":
            with self._report.record(f"point in track {self.tracks[-1].id}, frame {self._frame}"):
                self._add_point(attributes)
        elif len(self._path) == 3:
            self._report.leave_out(
                f"{tag} in track {self.tracks[-1].id}",
                "only skeletons are read; a single shape is not a person",
            )

    def text(self, data: str) -> None:
        if self._path[1:2] == ["meta"] and self._path[-1] in _META:
            self.meta[self._path[-1]] = (self.meta.get(self._path[-1], "") + data)[:500]

    def end(self, tag: str) -> None:
        if self._path[2:] == ["skeleton"] and self._frame is not None:
            self.tracks[-1].keyframes[self._frame] = self._points
        elif self._path[2:] == ["skeleton"]:
            self._report.leave_out(f"skeleton in track {self.tracks[-1].id}", "it has no number of a frame")
        self._path.pop()

    def _add_point(self, attributes: dict[str, str]) -> None:
        name = attributes.get("label", "")[:64]
        if len(self.names) < MAX_NAMES:
            self.names[name] = None
        if attributes.get("outside") == "1" or name not in self.names:
            return
        try:
            x, y = map(float, attributes.get("points", "")[:100].split(","))
        except ValueError as error:
            raise Unusable("the place of a point is not x,y") from error
        self._points[name] = PlacedPoint(*point([x, y]), attributes.get("occluded") == "1")


def _frame(attributes: dict[str, str]) -> int | None:
    text = attributes.get("frame", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _side(meta: dict[str, str], name: str) -> int | None:
    """Of the photo [px]; None if the file does not have it."""
    text = meta.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 7 else None
