"""The table of formats: one row a format. The window's dialogs, `train.convert` and `train.fits` read it.

A new format is one file with `recognise`, `read`, `write` or some of them, and one row here. Rows name functions whose
modules are imported when they are first called, so that this table is at hand at once.
"""

from __future__ import annotations

from dataclasses import replace

from core.compute.late import Late
from core.formats.format_row import Format, folder_of


def _late(module: str, name: str) -> Late:
    return Late(f"core.formats.{module}", name)


def _keypoints(word: str, module: str, reads: str, *suffixes: str, own_root: bool = False) -> Format:
    """A row of keypoints that are only read. own_root: whether its module knows the folder of photos."""
    part = f"keypoints.{module}"
    root = _late(part, "photo_root") if own_root else folder_of
    asks = ("photos", "layout_name")
    return Format(word, suffixes, reads, _late(part, "recognise"), None, _late(part, "read"), asks, root)


def _frames(word: str, room: str, reads: str, *suffixes: str, module: str = "") -> Format:
    """As `_keypoints`, of files that number the frames of videos."""
    row = _keypoints(word, f"{room}.{module or word.replace('-', '_')}", reads, *suffixes)
    return replace(row, read_asks=(*row.read_asks, "first_frame"))


def _network(
    word: str, reads: str, *suffixes: str, module: str = "", asks: tuple[str, ...] = ("photos", "first_frame")
) -> Format:
    """A row of a network's guesses, which are only read."""
    part = f"bodies.networks.{module or word}"
    return Format(word, suffixes, reads, _late(part, "recognise"), None, _late(part, "read"), asks)


def _motion(word: str, suffix: str, writes: str, title: str, module: str, write: str = "write") -> Format:
    """A row of one person's motion through the photos, which is only written."""
    made = _late(f"motion.{module}", write)
    asks = ("body", "motion")
    return Format(word, (suffix,), writes=writes, write=made, write_asks=asks, holds="sequence", title=title)


_ROWS = (
    Format(
        "project",
        (".fitloop",),
        reads="a project, .fitloop",
        read=_late("fitloop_project", "read"),
        writes="a project, .fitloop",
        write=_late("fitloop_project", "write"),
        write_asks=("root",),
        keeps=True,
    ),
    Format(
        "curated",
        (".npz",),
        reads="fits dictionary .npz, as fitloop and its training write it",
        recognise=_late("bodies.curated", "recognise"),
        read=_late("bodies.curated", "read"),
    ),
    Format(
        "coco",
        (".json",),
        reads="COCO keypoints JSON: also CrowdPose, Halpe, OCHuman, any that names its keypoints",
        recognise=_late("keypoints.coco", "recognise"),
        read=_late("keypoints.coco", "read"),
        read_asks=("photos", "layout_name"),
        writes="COCO keypoints JSON",
        write=_late("keypoints.coco_write", "write"),
        write_asks=("written_layout",),
        menu="&Export as COCO…",
        title="COCO keypoints",
    ),
    Format(
        "openpose",
        (".json",),
        reads="OpenPose JSON: a file or a folder; BODY_25, BODY_25B and COCO 18",
        recognise=_late("keypoints.openpose", "recognise"),
        refuse=_late("keypoints.openpose", "refuse"),
        read=_late("keypoints.openpose", "read"),
        read_asks=("photos", "known", "layout_name"),
    ),
    Format(
        "spin",
        (".npz",),
        reads="SPIN data set .npz, with its fits .npy or final fits .npz beside it",
        recognise=_late("bodies.spin", "recognise"),
        refuse=_late("bodies.spin", "refuse"),
        read=_late("bodies.spin", "read"),
        read_asks=("photos", "fits", "body", "frame"),
        writes="SPIN data set .npz; with --base a copy of it in which only edited rows change",
        write=_late("bodies.spin_edited", "write_new_or_edited"),
        write_asks=("body", "base", "fits", "root", "frame"),
        menu="Export as SP&IN…",
        title="SPIN data set",
    ),
    Format(
        "spin-fits",
        (".npy",),
        writes="SPIN fits .npy (N, 82), with the rows of the data set that people are of",
        write=_late("bodies.spin_write", "write_fits"),
        write_asks=("body", "base", "fits", "root"),
    ),
    Format(
        "hmr2",
        (".npz",),
        reads="ProHMR and 4D-Humans data set .npz",
        recognise=_late("bodies.hmr2", "recognise"),
        read=_late("bodies.hmr2", "read"),
        read_asks=("photos", "body", "frame", "box"),
    ),
    Format(
        "cliff",
        (".npz",),
        reads="CLIFF results .npz",
        recognise=_late("bodies.cliff", "recognise"),
        read=_late("bodies.cliff", "read"),
    ),
    Format(
        "eft",
        (".json",),
        reads="EFT fits JSON",
        recognise=_late("bodies.eft", "recognise"),
        read=_late("bodies.eft", "read"),
        read_asks=("photos", "body"),
        writes="EFT fits JSON",
        write=_late("bodies.eft", "write"),
        write_asks=("body",),
        menu="Export as EF&T…",
        title="EFT fits",
    ),
    Format(
        "agora",
        (".zip",),
        reads="AGORA prediction folder, or one .pkl of it",
        recognise=_late("bodies.agora", "recognise"),
        read=_late("bodies.agora", "read"),
        read_asks=("photos", "body"),
        writes="AGORA predictions: a folder, or the .zip for its server",
        write=_late("bodies.agora", "write"),
        write_asks=("body",),
        menu="Export as A&GORA…",
        title="AGORA predictions",
    ),
    Format(
        "3dpw",
        (".pkl",),
        reads="3DPW sequence .pkl",
        recognise=_late("bodies.pw3d", "recognise"),
        read=_late("bodies.pw3d", "read"),
        read_asks=("photos", "body"),
    ),
    _keypoints("mpii", "mpii", "MPII annotations .mat", ".mat"),
    _keypoints("lsp", "lsp", "LSP and LSP-extended joints.mat", ".mat"),
    _keypoints("cvat", "cvat", "CVAT XML 1.1 for images, skeletons", ".xml"),
    _keypoints("yolo", "yolo", "YOLO pose labels: a .txt or a folder of them", ".txt", own_root=True),
    _frames(
        "coco-results", "detectors", "COCO results lists .json: also OpenPose --write_coco_json", ".json"
    ),
    _frames("alphapose", "detectors", "AlphaPose results .json: a list, or --format open and cmu", ".json"),
    _frames(
        "mmpose",
        "detectors",
        "MMPose 1.x predictions .json: Inferencer and demo, a file or a folder",
        ".json",
    ),
    _frames("sapiens", "detectors", "Sapiens predictions .json: a file or a folder", ".json"),
    _frames("dwpose", "detectors", "DWPose and OpenPose nodes of ComfyUI .json", ".json"),
    _frames("easy-vitpose", "detectors", "easy_ViTPose results .json", ".json"),
    _keypoints(
        "easymocap",
        "detectors.easymocap",
        "EasyMocap annotations: a file, or the folder annots",
        ".json",
        own_root=True,
    ),
    _keypoints(
        "labelme", "annotators.labelme", "labelme and X-AnyLabeling .json: a file or a folder", ".json"
    ),
    _keypoints("label-studio", "annotators.label_studio", "Label Studio export .json", ".json"),
    _keypoints(
        "supervisely",
        "annotators.supervisely",
        "Supervisely graphs: a file of ann, or the project's folder",
        ".json",
        own_root=True,
    ),
    _frames("darwin", "annotators", "V7 Darwin 2.0 .json: a file or a folder", ".json"),
    _frames(
        "cvat-video",
        "annotators",
        "CVAT XML 1.1 for video, tracks of skeletons",
        ".xml",
        module="cvat_tracks",
    ),
    _frames("deeplabcut", "annotators", "DeepLabCut .csv, of one individual or several", ".csv"),
    _frames("sleap", "annotators", "SLEAP .slp and analysis .h5", ".slp", ".h5"),
    _network(
        "sam3d",
        "SAM 3D Body's answers: .npz of a person, .pkl, .npy or .json of people, or a folder of them",
        ".npz",
        ".pkl",
        ".npy",
        ".json",
        asks=("photos", "body"),
    ),
    _network("phalp", "PHALP and 4D-Humans tracks, demo_<video>.pkl", ".pkl"),
    _network("wham", "WHAM's wham_output.pkl and VIBE's vibe_output.pkl", ".pkl"),
    _network("gvhmr", "GVHMR's hmr4d_results.pt", ".pt"),
    _network(
        "romp",
        "ROMP and BEV results .npz, of a photo or a video",
        ".npz",
        asks=("photos", "body", "first_frame"),
    ),
    _network("tram", "TRAM's hps_track .npy, or the folder of its results", ".npy"),
    _network("prompthmr", "PromptHMR's results.pkl of a video", ".pkl"),
    Format(
        "smplifyx",
        (".pkl",),
        reads="SMPLify-X output folder, or one .pkl of it",
        recognise=_late("bodies.smplifyx", "recognise"),
        read=_late("bodies.smplifyx", "read"),
        read_asks=("photos", "body"),
        root=_late("bodies.smplifyx", "photo_root"),
    ),
    Format(
        "parameters",
        (".npz", ".json"),
        reads="SMPL parameters .npz or .json, as fitloop writes them",
        recognise=_late("bodies.parameters", "recognise"),
        read=_late("bodies.parameters", "read"),
        writes="SMPL parameters, .npz or .json",
        write=_late("bodies.parameters", "write"),
        menu="Export para&meters…",
        title="SMPL parameters",
    ),
    _motion("amass", ".npz", "AMASS-style .npz of one person through the photos", "AMASS, SMPL-H", "amass"),
    _motion(
        "amass-smplx",
        ".npz",
        "the same with SMPL-X's 55 joints, as Blender's SMPL-X add-on reads it",
        "AMASS, SMPL-X",
        "amass",
        "write_smplx",
    ),
    _motion(
        "bvh",
        ".bvh",
        "motion .bvh of one person through the photos, for Blender, Maya, MotionBuilder",
        "BVH motion",
        "bvh",
    ),
    Format(
        "mesh",
        (".obj", ".ply", ".glb"),
        writes="a mesh a person: .obj, .ply or .glb",
        write=_late("meshes.mesh", "write"),
        write_asks=("body",),
        holds="fit",
        menu="Export mes&hes…",
        title="Meshes",
    ),
    _motion("animation", ".glb", "animated .glb of one person through the photos", "Animated glTF", "gltf"),
)
FORMATS = {row.word: row for row in _ROWS}


def formats_recognised() -> tuple[Format, ...]:
    """The formats that a file's content tells."""
    return tuple(row for row in FORMATS.values() if row.recognise is not None)


def formats_read() -> tuple[Format, ...]:
    """The formats that are read."""
    return tuple(row for row in FORMATS.values() if row.read is not None)


def formats_written() -> tuple[Format, ...]:
    """The formats that are written."""
    return tuple(row for row in FORMATS.values() if row.write is not None)


def written_with(suffix: str) -> Format | None:
    """The first format that is written to files of this suffix."""
    return next((row for row in formats_written() if suffix in row.suffixes), None)
