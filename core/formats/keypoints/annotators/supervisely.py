"""Reads Supervisely's graphs: ann/<photo>.json, with the names of nodes in the project's meta.json.

A folder may be a project, a data set or its ann/; photos lie in img/ beside ann/. A node that is `disabled` is
occluded. Where the meta.json does not know a node's id, the id is its name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from core.errors import ReadError
from core.files.untrusted import point, read_json
from core.files.unusable import Unusable, read_error
from core.formats.keypoints.annotators.named_people import NamedPeople, NamedPerson, PlacedPoint
from core.formats.shared.gathered_photos import photo_size
from core.formats.shared.glimpse import NO, SURE, Glimpse
from core.formats.shared.photo_folder import PhotoFolder
from core.formats.shared.report import MAX_PHOTOS, Import, Report

FORMAT = "Supervisely"
META = "meta.json"
_ANNOTATIONS = ("ann/*.json", "*/ann/*.json", "*.json")
_META_ABOVE = 3  # folders


def recognise(seen: Glimpse) -> int:
    """By its words; a folder by its first file."""
    if seen.kind == "folder":
        first = next(
            (file for pattern in _ANNOTATIONS for file in seen.path.glob(pattern) if file.name != META), None
        )
        return NO if first is None or first.is_dir() else recognise(Glimpse(first))
    return SURE if seen.has_keys("objects", "geometryType", "nodes") else NO


def read(path: Path, photos: Path | None = None, layout_name: str | None = None) -> Import:
    """Read a file, or a folder of them. Raises ReadError, and LayoutError for an unknown layout_name."""
    report = Report(path, FORMAT)
    files = _files(path)
    names = _node_names(files[0], report)
    root = photos or photo_root(path)
    folder = PhotoFolder(root, report)
    found = NamedPeople(report, layout_name)
    for file in files:
        try:
            data = read_json(file)
        except ReadError as error:
            if file == path:
                raise
            report.leave_out(file.name, str(error))
            continue
        if not isinstance(data, dict) or not isinstance(data.get("objects"), list):
            if file == path:
                raise report.error("no list 'objects'", "Choose a file of Supervisely's folder ann.")
            report.leave_out(file.name, "it has no list 'objects'")
            continue
        with report.record(file.name):
            relative = _photo_of(file, folder)
            size = data["size"] if isinstance(data.get("size"), dict) else {}
            found.add_photo(relative, photo_size(size.get("width"), size.get("height"), relative, folder))
            report.count_people(len(data["objects"]))
            for index, graph in enumerate(data["objects"]):
                record = f"{file.name}, object {index}"
                with report.record(record):
                    found.add(NamedPerson(relative, record, _points(graph, names)))
    return found.done()


def photo_root(path: Path) -> Path:
    """The folder of photos: img/ beside ann/, else that of the file; a project itself."""
    folder = path if path.is_dir() else path.parent
    for data_set in (folder.parent if folder.name == "ann" else folder,):
        if (data_set / "img").is_dir():
            return data_set / "img"
    return folder


def _photo_of(file: Path, folder: PhotoFolder) -> str:
    """<photo>.json, in a project <data set>/img/<photo>. Raises Unusable."""
    name = file.name.removesuffix(".json")
    inside = f"{file.parent.parent.name}/img/{name}"
    return inside if file.parent.name == "ann" and folder.holds(inside) else folder.relative(name)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        if path.name == META:
            raise read_error(path, "it names the keypoints, and holds nobody", "Choose the project's folder.")
        return [path]
    found = [
        file
        for pattern in _ANNOTATIONS
        for file in sorted(path.glob(pattern))
        if not file.name.endswith(META)
    ]
    if not found or len(found) > MAX_PHOTOS:
        problem = f"more than {MAX_PHOTOS} files" if found else "no ann/*.json in this folder"
        raise read_error(path, problem, "Choose the folder of a data set, which holds ann and img.")
    return found


def _node_names(file: Path, report: Report) -> dict[str, str]:
    """Names by node id of the meta.json near a file; empty without one."""
    for folder in [file.parent, *file.parents[1 : 1 + _META_ABOVE]]:
        for meta in sorted(folder.glob(f"*{META}"))[:2]:
            try:
                classes = read_json(meta)
            except ReadError as error:
                report.leave_out(meta.name, str(error))
                continue
            return _names_in(classes)
    return {}


def _names_in(meta: Any) -> dict[str, str]:
    names: dict[str, str] = {}
    classes = meta.get("classes") if isinstance(meta, dict) else None
    for one in classes if isinstance(classes, list) else ():
        config = one.get("geometry_config") if isinstance(one, dict) else None
        nodes = config.get("nodes") if isinstance(config, dict) else None
        for id, node in nodes.items() if isinstance(nodes, dict) else ():
            if isinstance(node, dict) and isinstance(node.get("label"), str):
                names[id] = node["label"][:64]
    return names


def _points(graph: Any, names: dict[str, str]) -> dict[str, PlacedPoint]:
    """The nodes of a graph. Raises Unusable."""
    if (
        not isinstance(graph, dict)
        or graph.get("geometryType") != "graph"
        or not isinstance(graph.get("nodes"), dict)
    ):
        raise Unusable("only graphs are read: another shape is not a person")
    placed = {}
    for id, node in graph["nodes"].items():
        if not isinstance(node, dict):
            raise Unusable("a node has no place")
        x, y = point(node.get("loc"))
        placed[names.get(id, id[:64])] = PlacedPoint(x, y, occluded=node.get("disabled") is True)
    return placed
