"""One small valid file of each format that is read, written after the format's description, with its photos."""

import json
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import scipy.io

from core.body.keypoints import layout
from core.body.model import SMPL_NEUTRAL, Body, BodyParams, body_from_arrays
from core.body.smpl_file import read_body_file
from core.formats.bodies import agora, cliff, curated, eft, hmr2, parameters, pw3d, smplifyx, spin
from core.formats.keypoints import coco, cvat, lsp, mpii, openpose, yolo
from core.formats.shared.report import Import
from core.formats.table import FORMATS
from core.records import BBox, Fit, Keypoints, Person, Photo
from core.store.fits.from_photos import fits_of_photos
from tests.bodies import toy_arrays, write_npz
from tests.core.formats.making_keypoints import DOCUMENTS, HEIGHT, WIDTH, keypoint_array
from tests.core.formats.making_networks import NETWORKS

AGORA_HEIGHT = 36  # as wide for its height as AGORA's photos
PHOTOS = ("a.png", "b.png")


@dataclass(frozen=True)
class Sample:
    """A file (or a folder with one) and how it is read; people: how many it holds."""

    path: Path
    file: Path
    read: Callable[[Path], Import]
    people: int


@cache
def toy_body(folder: Path) -> Body:
    """A body of some hundred vertices, which is not SMPL's."""
    return body_from_arrays(read_body_file(write_npz(folder / "toy_body.npz", toy_arrays())))


def write_photos(
    folder: Path, names: tuple[str, ...] = PHOTOS, height: int = HEIGHT, width: int = WIDTH
) -> None:
    """Black photos."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / name), np.zeros((height, width, 3), np.uint8))


def write_unnamed(folder: Path) -> Path:
    """unnamed.json beside a photo: fourteen keypoints without names, as of three layouts."""
    write_photos(folder)
    annotation = {
        "id": 1, "image_id": 1, "category_id": 1, "bbox": [5, 6, 30, 20],
        "keypoints": (keypoint_array("lsp14") * [1, 1, 2]).reshape(-1).tolist(),
    }  # fmt: skip
    images = [{"id": 1, "file_name": "a.png", "width": WIDTH, "height": HEIGHT}]
    document = {"images": images, "annotations": [annotation], "categories": [{"id": 1, "name": "person"}]}
    file = folder / "unnamed.json"
    file.write_text(json.dumps(document))
    return file


def person(name: str = "spin49", id: int = 1, seed: int = 0, fit: Fit | None = None) -> Person:
    array = keypoint_array(name, seed).astype(np.float32)
    return Person(id, BBox(np.array([30.5, 22.25]), 0.25), Keypoints.from_array(name, array), fit=fit)


def fit(seed: int = 0, **changes: Any) -> Fit:
    """A body some metres before the camera of a 64 × 48 photo."""
    random = np.random.default_rng(seed)
    values: dict[str, Any] = {
        "pose": random.normal(0, 0.4, 72), "betas": random.normal(0, 1, 10), "kid": 0.0,
        "cam_t": np.array([0.1, 0.2, 4.0]), "focal_length": 80.0, "camera_center": np.array([32.0, 24.0]),
        "score": 2.5, "body": "smpl-neutral", "source": "fit",
    }  # fmt: skip
    return Fit(**(values | changes))


def photo_with(*people: Person, path: str = "a.png") -> Photo:
    return Photo(path, WIDTH, HEIGHT, people)


def coco_document() -> dict[str, Any]:
    rows = [keypoint_array("coco17", seed) * [1, 1, 2] for seed in range(3)]
    return {
        "images": [
            {"id": index, "file_name": name, "width": WIDTH, "height": HEIGHT}
            for index, name in enumerate(PHOTOS, start=1)
        ],
        "annotations": [
            {"id": index + 10, "image_id": 1 + index % 2, "category_id": 1, "bbox": [5, 6, 30, 20],
             "iscrowd": 0, "keypoints": row.reshape(-1).tolist(), "num_keypoints": 17}
            for index, row in enumerate(rows)
        ],
        "categories": [{"id": 1, "name": "person", "keypoints": list(layout("coco17").keypoints)}],
    }  # fmt: skip


def openpose_document() -> dict[str, Any]:
    people = [
        {"pose_keypoints_2d": keypoint_array("openpose25", seed).reshape(-1).tolist()} for seed in range(2)
    ]
    return {"version": 1.3, "people": people}


def eft_document() -> dict[str, Any]:
    entry = {
        "parm_pose": np.tile(np.eye(3), (24, 1, 1)).tolist(), "parm_shape": [0.0] * 10, "parm_cam": [0.9, 0.1, 0],
        "bbox_scale": 0.2, "bbox_center": [30.0, 20.0], "smpltype": "smpl", "annotId": 7, "imageName": "a.png",
        "gt_keypoint_2d": keypoint_array("spin49").tolist(),
    }  # fmt: skip
    return {"ver": 0.1, "data": [entry]}


def spin_arrays(count: int = 3) -> dict[str, np.ndarray]:
    random = np.random.default_rng(1)
    keypoints = np.stack([keypoint_array("spin49", seed) for seed in range(count)])
    return {
        "imgname": np.array([PHOTOS[row % 2] for row in range(count)]),
        "center": random.uniform(20, 40, (count, 2)),
        "scale": random.uniform(0.1, 0.3, count),
        "openpose": keypoints[:, :25],
        "part": keypoints[:, 25:],
        "pose": random.normal(0, 0.3, (count, 72)),
        "shape": random.normal(0, 1, (count, 10)),
        "has_smpl": np.array([1, 0, 1][:count], dtype=np.uint8),
        "S": random.normal(0, 1, (count, 24, 4)),
    }


def hmr2_arrays() -> dict[str, np.ndarray]:
    arrays = spin_arrays()
    return {
        "imgname": arrays["imgname"], "center": arrays["center"], "scale": np.column_stack([arrays["scale"] * 200] * 2),
        "body_keypoints_2d": arrays["openpose"], "extra_keypoints_2d": arrays["part"][:, :19],
        "body_pose": arrays["pose"], "betas": arrays["shape"], "has_body_pose": np.ones(3),
    }  # fmt: skip


def cliff_arrays() -> dict[str, np.ndarray]:
    random = np.random.default_rng(2)
    detections = np.array([[0, 5, 6, 40, 40, 0.9], [1, 8, 2, 30, 44, 0.8]])
    return {
        "imgname": np.array(PHOTOS), "pose": random.normal(0, 0.3, (2, 72)), "shape": random.normal(0, 1, (2, 10)),
        "global_t": np.array([[0, 0, 5.0]] * 2), "focal_l": np.full(2, 80.0), "detection_all": detections,
        "pred_joints": np.zeros((2, 45, 3)),
    }  # fmt: skip


def pw3d_dictionary(frames: int = 3) -> dict[str, Any]:
    random = np.random.default_rng(3)
    poses2d = np.stack([keypoint_array("coco18", seed).T for seed in range(frames)])
    camera = np.tile(np.eye(4), (frames, 1, 1))
    camera[:, :3, 3] = 0, 0, 5
    return {
        "poses": [random.normal(0, 0.3, (frames, 72))] * 2, "betas": [random.normal(0, 1, 10)] * 2,
        "trans": [random.normal(0, 0.3, (frames, 3))] * 2, "poses2d": [poses2d] * 2, "cam_poses": camera,
        "cam_intrinsics": np.array([[80.0, 0, 32], [0, 80, 24], [0, 0, 1]]), "genders": ["m", "f"],
        "campose_valid": [np.array([1, 0, 1])] * 2, "sequence": "courtyard_00",
    }  # fmt: skip


def agora_dictionary(body: Body) -> dict[str, Any]:
    import torch

    random = np.random.default_rng(4)
    pose, transl = random.normal(0, 0.2, (1, 72)), np.array([[0.2, 0.1, 6.0]])
    place = transl + body.pelvis_shift(SMPL_NEUTRAL).numpy()
    rows = [torch.tensor(values, dtype=torch.float64) for values in (pose, np.zeros((1, 10)), place)]
    points = body.to("cpu", torch.float64).pose(BodyParams.from_pose(*rows))[1][0].numpy()
    params = {
        "transl": transl, "betas": np.zeros((1, 10)), "global_orient": pose[:, :3].reshape(1, 1, 3),
        "body_pose": pose[:, 3:].reshape(1, 23, 3),
    }  # fmt: skip
    joints = points[:, :2] / points[:, 2:] * 3000 + [1920, 1080]
    return {"joints": joints, "params": params, "gender": "neutral", "pose2rot": True}


def smplifyx_dictionary() -> dict[str, Any]:
    random = np.random.default_rng(5)
    return {
        "camera_rotation": np.eye(3)[None], "camera_translation": np.array([[0, 0.1, 20.0]]),
        "betas": np.zeros((1, 10)), "global_orient": np.array([[3.1, 0, 0]]),
        "body_pose": random.normal(0, 0.1, (1, 69)),
    }  # fmt: skip


def mpii_variables() -> dict[str, Any]:
    points = keypoint_array("mpii16")
    point = [
        {"x": x, "y": y, "id": float(i), "is_visible": float(i % 2)} for i, (x, y, _) in enumerate(points)
    ]
    rect = {"scale": 0.2, "objpos": {"x": 30.0, "y": 20.0}, "annopoints": {"point": _structs(point)}}
    annolist = [{"image": {"name": name}, "annorect": _structs([rect])} for name in PHOTOS]
    return {"RELEASE": {"annolist": _structs(annolist), "img_train": np.ones(2)}}


def lsp_variables() -> dict[str, Any]:
    return {"joints": np.stack([keypoint_array("lsp14", seed).T for seed in range(2)], axis=-1)}


def cvat_text() -> str:
    points = "".join(
        f'<points label="{name}" occluded="{index % 2}" outside="0" points="{x:.2f},{y:.2f}"></points>'
        for index, (name, (x, y, _)) in enumerate(
            zip(layout("coco17").keypoints, keypoint_array("coco17"), strict=True)
        )
    )
    image = f'<image id="0" name="a.png" width="{WIDTH}" height="{HEIGHT}">'
    shapes = '<box label="person" occluded="0" xtl="1" ytl="2" xbr="9" ybr="8"></box>'
    skeleton = f'<skeleton label="person" occluded="0" z_order="0">{points}</skeleton>'
    head = '<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version><meta><task/></meta>'
    return f"{head}{image}{shapes}{skeleton}</image></annotations>"


def yolo_text() -> str:
    def line(seed: int) -> str:
        rows = keypoint_array("coco17", seed) / [WIDTH, HEIGHT, 0.5]
        values = [0, 0.5, 0.5, 0.4, 0.6, *rows.reshape(-1)]
        return " ".join(f"{value:g}" for value in values)

    return line(0) + "\n" + line(1) + "\n"


def samples(folder: Path) -> dict[str, Sample]:
    """A sample of every format, each in a folder of its own with photos beside it."""
    folder.mkdir(parents=True, exist_ok=True)
    body = toy_body(folder)
    made: dict[str, Sample] = {}

    def add(
        name: str, file: str, data: bytes, read: Callable[..., Import], people: int, path: str = ""
    ) -> None:
        home = folder / name
        home.mkdir(parents=True, exist_ok=True)
        write_photos(home, (*PHOTOS, "images/im0001.jpg", "images/im0002.jpg"))
        target = home / file
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        made[name] = Sample(home / path if path else target, target, read, people)

    add("coco", "people.json", json.dumps(coco_document()).encode(), coco.read, 3)
    add("openpose", "a_keypoints.json", json.dumps(openpose_document()).encode(), openpose.read, 2)
    add("eft", "eft.json", json.dumps(eft_document()).encode(), partial(eft.read, body=body), 1)
    add("spin", "train.npz", npz_bytes(spin_arrays()), partial(spin.read, body=body, frame="crop"), 3)
    add("hmr2", "data.npz", npz_bytes(hmr2_arrays()), partial(hmr2.read, body=body, frame="crop"), 3)
    add("cliff", "cliff.npz", npz_bytes(cliff_arrays()), cliff.read, 2)
    add("3dpw", "courtyard_00.pkl", pickle.dumps(pw3d_dictionary(), 2), partial(pw3d.read, body=body), 4)
    add("agora", "a_personId_0.pkl", pickle.dumps(agora_dictionary(body)), partial(agora.read, body=body), 1)
    write_photos(folder / "agora", height=AGORA_HEIGHT)
    read_smplifyx = partial(smplifyx.read, body=body)
    add("smplifyx", "results/a/000.pkl", pickle.dumps(smplifyx_dictionary(), 2), read_smplifyx, 1)
    add("mpii", "mpii.mat", mat_bytes(mpii_variables(), folder), mpii.read, 2)
    add("lsp", "joints.mat", mat_bytes(lsp_variables(), folder), lsp.read, 2)
    add("cvat", "annotations.xml", cvat_text().encode(), cvat.read, 1)
    add("yolo", "a.txt", yolo_text().encode(), yolo.read, 2)
    for word, (file, document, encode, people) in DOCUMENTS.items():
        add(word, file, encode(document()), FORMATS[word].read, people)
    for word, (file, values, encode, people, beside) in NETWORKS.items():
        add(word, file, encode(values()), FORMATS[word].read, people)
        for name, data in beside.items():
            (folder / word / name).write_bytes(data)
    parameters_file = folder / "parameters" / "fits.npz"
    parameters_file.parent.mkdir(parents=True, exist_ok=True)
    parameters.write(parameters_file, [photo_with(person(fit=fit()))])
    made["parameters"] = Sample(parameters_file, parameters_file, parameters.read, 1)
    curated_file = folder / "curated" / "people_fits.npz"
    curated_file.parent.mkdir(parents=True, exist_ok=True)
    write_photos(curated_file.parent)
    fits_of_photos([photo_with(person(fit=fit())), photo_with(person())], fit().body).save(curated_file)
    made["curated"] = Sample(curated_file, curated_file, curated.read, 2)
    return made


def npz_bytes(arrays: dict[str, Any]) -> bytes:
    import io

    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def mat_bytes(variables: dict[str, Any], folder: Path, compressed: bool = True) -> bytes:
    file = folder / "made.mat"
    scipy.io.savemat(file, variables, do_compression=compressed)
    return file.read_bytes()


def _structs(rows: list[dict[str, Any]]) -> np.ndarray:
    """A 1 × N array of structures, as MATLAB keeps lists of them."""
    array = np.zeros((1, len(rows)), dtype=[(name, object) for name in rows[0]])
    for index, row in enumerate(rows):
        for name, value in row.items():
            array[name][0, index] = value
    return array
