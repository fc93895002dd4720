"""Which format a file or folder has, from its content."""

from __future__ import annotations

import re
from itertools import islice
from pathlib import Path

from core.files.mat import read_mat
from core.files.untrusted import array_names, read_bytes, read_pickle
from core.files.unusable import read_error
from core.formats.bodies import agora, cliff, curated, parameters, pw3d, smplifyx
from core.formats.keypoints import yolo

FORMATS = {
    "curated": "fits dictionary .npz, as fitloop and its training write it",
    "coco": "COCO keypoints JSON: also CrowdPose, Halpe, OCHuman, any that names its keypoints",
    "openpose": "OpenPose JSON: a file or a folder; BODY_25 and COCO 18",
    "spin": "SPIN data set .npz, with its fits .npy or final fits .npz beside it",
    "hmr2": "ProHMR and 4D-Humans data set .npz",
    "cliff": "CLIFF results .npz",
    "eft": "EFT fits JSON",
    "3dpw": "3DPW sequence .pkl",
    "agora": "AGORA prediction folder, or one .pkl of it",
    "mpii": "MPII annotations .mat",
    "lsp": "LSP and LSP-extended joints.mat",
    "cvat": "CVAT XML 1.1 for images, skeletons",
    "yolo": "YOLO pose labels: a .txt or a folder of them",
    "smplifyx": "SMPLify-X output folder, or one .pkl of it",
    "parameters": "SMPL parameters .npz or .json, as fitloop writes them",
}
_ROOTS = {yolo.FORMAT: yolo.photo_root, smplifyx.FORMAT: smplifyx.photo_root}
_REMEDY = "Name the format, or choose another file. Formats: " + ", ".join(FORMATS) + "."
_JSON_START = re.compile(rb"\s*[\[{]")
_LABEL_WORDS = 5  # class and box
_LOOKED_INTO = 20  # files of a folder
_TEXT_START = 4096  # bytes that tell a label file


def recognise(path: Path) -> str:
    """A key of FORMATS. Raises ReadError when it is none of them."""
    found = _of_folder(path) if path.is_dir() else _of_file(path)
    if found is None:
        raise read_error(path, "its format is not one of those that are read", _REMEDY)
    return found


def photo_root(path: Path, format: str) -> Path:
    """The folder that photos' paths start from where a reader was given none. format: as its Import tells it."""
    if format in _ROOTS:
        return _ROOTS[format](path)
    return path if path.is_dir() else path.parent


def _of_folder(path: Path) -> str | None:
    for pattern, name in (
        ("*_personId_*.pkl", "agora"),
        ("results/*/*.pkl", "smplifyx"),
        ("*/[0-9][0-9][0-9].pkl", "smplifyx"),
        ("*_keypoints.json", "openpose"),
        ("*.json", "openpose"),
        ("*.txt", "yolo"),
    ):
        if next(path.glob(pattern), None) is not None:
            if pattern == "*.json":
                _refuse_data_sets(path)
            return name
    return None


def _refuse_data_sets(folder: Path) -> None:
    """Raise ReadError for a folder of files that are each a whole data set: which one is meant?"""
    some = islice(sorted(folder.glob("*.json")), _LOOKED_INTO)
    whole = [file.name for file in some if _of_json(read_bytes(file)) in ("coco", "eft")]
    if whole:
        raise read_error(
            folder, f"holds data sets of their own: {', '.join(whole)}", "Give the one that you mean."
        )


def _of_file(path: Path) -> str | None:
    data = read_bytes(path)
    if data.startswith(b"PK"):
        return _of_arrays(path)
    if data.startswith(b"\x93NUMPY"):
        problem = "this is a lone array, such as a fits .npy, and tells no photos"
        raise read_error(path, problem, "Read the data set's .npz and give this file as its fits.")
    if data.startswith((b"MATLAB", b"\x89HDF")) or path.suffix == ".mat":
        variables = read_mat(path)
        return "mpii" if "RELEASE" in variables else "lsp" if "joints" in variables else None
    if path.suffix in (".pkl", ".pickle") or data.startswith(b"\x80"):
        return _of_pickle(path)
    if data.lstrip()[:1] == b"<":
        return "cvat"
    if _JSON_START.match(data.replace(b"\0", b"")[:_TEXT_START].lstrip(b"\xef\xbb\xbf\xff\xfe")):
        return _of_json(data.replace(b"\0", b"") if b"\0" in data[:8] else data)
    words = data[:_TEXT_START].split()
    return "yolo" if len(words) >= _LABEL_WORDS and all(map(_is_number, words[:_LABEL_WORDS])) else None


def _of_arrays(path: Path) -> str | None:
    names = set(array_names(path))
    if names >= set(curated.NAMES):
        return "curated"
    if names >= set(parameters.NAMES):
        return "parameters"
    if names >= set(cliff.NAMES):
        return "cliff"
    if names & {"body_keypoints_2d", "extra_keypoints_2d", "body_pose"} and "imgname" in names:
        return "hmr2"
    if names >= {"imgname", "center", "scale"}:
        return "spin"
    if names >= {"pose", "betas", "valid_fit"}:
        problem = "these are final fits, which tell no photos"
        raise read_error(path, problem, "Read the data set's .npz and give this file as its fits.")
    return None


def _of_pickle(path: Path) -> str | None:
    if agora.NAME.fullmatch(path.stem):
        return "agora"
    data = read_pickle(path)
    if not isinstance(data, dict):
        return None
    if data.keys() >= set(pw3d.KEYS):
        return "3dpw"
    return "smplifyx" if "camera_translation" in data else None


def _of_json(data: bytes) -> str | None:
    """By the keys that only one format has, in an order that makes them clear."""
    for key, name in (
        (b'"annotations"', "coco"),
        (b'"parm_pose"', "eft"),
        (b'"' + parameters.KIND.encode() + b'"', "parameters"),
        (b'"people"', "openpose"),
        (b'"images"', "coco"),
        (b'"data"', "eft"),
    ):
        if key in data:
            return name
    return None


def _is_number(word: bytes) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
