"""One small valid file of each detector and annotation tool, written after the formats' descriptions.

All people have the keypoints of `keypoint_array`, so that what is read can be compared with it.
"""

import csv
import io
import json
from typing import Any

import numpy as np

from core.body.keypoints import layout
from tests.core.files.hdf5_writing import hdf5_bytes

WIDTH, HEIGHT = 64, 48
NAMES = layout("coco17").keypoints


def keypoint_array(name: str, seed: int = 0) -> np.ndarray:
    """(K, 3) inside the photo, all there."""
    random = np.random.default_rng(seed)
    count = layout(name).k
    return np.column_stack(
        [random.uniform(1, WIDTH, count), random.uniform(1, HEIGHT, count), np.ones(count)]
    )


def flat(name: str = "coco17", seed: int = 0, score: float = 0.5) -> list[float]:
    return (keypoint_array(name, seed) * [1, 1, score]).reshape(-1).tolist()


def coco_results() -> list[dict[str, Any]]:
    return [
        {"image_id": number, "category_id": 1, "keypoints": flat(seed=number), "score": 0.9, "bbox": [5, 6, 30, 20]}
        for number in (1, 2, 2)
    ]  # fmt: skip


def alphapose() -> list[dict[str, Any]]:
    return [
        {"image_id": f"{frame}.png", "category_id": 1, "keypoints": flat(seed=track), "score": 2.9,
         "box": [5.0, 6.0, 30.0, 20.0], "idx": track}
        for frame, track in ((1, 7), (1, 8), (2, 7))
    ]  # fmt: skip


def instance(seed: int = 0, name: str = "coco17") -> dict[str, Any]:
    array = keypoint_array(name, seed)
    return {
        "keypoints": array[:, :2].tolist(), "keypoint_scores": [0.5] * len(array),
        "bbox": [[5.0, 6.0, 35.0, 26.0]], "bbox_score": 0.9,
    }  # fmt: skip


def mmpose() -> dict[str, Any]:
    by_place = {str(place): name for place, name in enumerate(NAMES)}
    frames = [{"frame_id": number, "instances": [instance(number)]} for number in (1, 2)]
    return {"meta_info": {"keypoint_id2name": by_place}, "instance_info": frames}


def sapiens() -> dict[str, Any]:
    array = np.random.default_rng(0).uniform(1, 48, (308, 2))
    return {"instance_info": [{"keypoints": array.tolist(), "keypoint_scores": [0.9] * 308}]}


def dwpose() -> list[dict[str, Any]]:
    people = [{"pose_keypoints_2d": flat("coco18", seed), "face_keypoints_2d": None} for seed in range(2)]
    return [{"people": people, "canvas_width": WIDTH, "canvas_height": HEIGHT}]


def easy_vitpose() -> dict[str, Any]:
    people = {str(id): keypoint_array("coco17", id)[:, [1, 0, 2]].tolist() for id in (1, 2)}
    return {"keypoints": [people], "skeleton": {str(place): name for place, name in enumerate(NAMES)}}


def easymocap() -> dict[str, Any]:
    person = {"personID": 3, "bbox": [5, 6, 35, 26, 0.9], "keypoints": keypoint_array("openpose25").tolist()}
    return {"filename": "a.png", "width": WIDTH, "height": HEIGHT, "annots": [person], "isKeyframe": False}


def labelme() -> dict[str, Any]:
    box = {"label": "person", "points": [[5, 6], [35, 26]], "group_id": 1, "shape_type": "rectangle"}
    points = [
        {"label": name, "points": [[x, y]], "group_id": 1, "shape_type": "point", "difficult": index == 9}
        for index, (name, (x, y, _)) in enumerate(zip(NAMES, keypoint_array("coco17").tolist(), strict=True))
    ]
    sides = {"imageWidth": WIDTH, "imageHeight": HEIGHT}
    return {"version": "5.5.0", "shapes": [box, *points], "imagePath": "a.png", **sides}


def label_studio() -> list[dict[str, Any]]:
    sides = {"original_width": WIDTH, "original_height": HEIGHT, "image_rotation": 0}
    value = {"x": 10, "y": 10, "width": 50, "height": 40, "rectanglelabels": ["person"]}
    result: list[dict[str, Any]] = [{"id": "box", "type": "rectanglelabels", "value": value, **sides}]
    for index, (name, (x, y, _)) in enumerate(zip(NAMES, keypoint_array("coco17").tolist(), strict=True)):
        place = {"x": 100 * x / WIDTH, "y": 100 * y / HEIGHT, "keypointlabels": [name]}
        result.append(
            {"id": f"k{index}", "type": "keypointlabels", "parentID": "box", "value": place, **sides}
        )
    annotation = {"id": 5, "result": result, "was_cancelled": False}
    return [{"id": 1, "data": {"image": "/data/upload/1/ab12cd34-a.png"}, "annotations": [annotation]}]


def supervisely() -> dict[str, Any]:
    nodes = {
        name: {"loc": [x, y]} | ({"disabled": True} if name == "left_wrist" else {})
        for name, (x, y, _) in zip(NAMES, keypoint_array("coco17").tolist(), strict=True)
    }
    graph = {"id": 1, "classTitle": "person", "geometryType": "graph", "nodes": nodes}
    return {"size": {"width": WIDTH, "height": HEIGHT}, "tags": [], "objects": [graph]}


def darwin() -> dict[str, Any]:
    def frame(shift: float) -> dict[str, Any]:
        rows = zip(NAMES, keypoint_array("coco17").tolist(), strict=True)
        nodes = [{"name": name, "x": x + shift, "y": y, "occluded": False} for name, (x, y, _) in rows]
        return {"keyframe": True, "skeleton": {"nodes": nodes}}

    slot = {"type": "video", "slot_name": "0", "width": WIDTH, "height": HEIGHT}
    one = {
        "id": "a1", "name": "person", "slot_names": ["0"], "ranges": [[0, 2]], "interpolated": True,
        "instance_id": {"value": 14}, "frames": {"0": frame(0), "2": frame(4)},
    }  # fmt: skip
    return {"version": "2.0", "item": {"name": "clip.mp4", "slots": [slot]}, "annotations": [one]}


def cvat_video() -> str:
    def skeleton(frame: int, outside: int = 0) -> str:
        rows = zip(NAMES, keypoint_array("coco17").tolist(), strict=True)
        points = "".join(
            f'<points label="{name}" outside="{outside}" occluded="0" points="{x + 2 * frame:.2f},{y:.2f}"></points>'
            for name, (x, y, _) in rows
        )
        return f'<skeleton frame="{frame}" keyframe="1">{points}</skeleton>'

    size = f"<original_size><width>{WIDTH}</width><height>{HEIGHT}</height></original_size>"
    meta = f"<meta><task>{size}<source>clip.mp4</source></task></meta>"
    track = f'<track id="5" label="person">{skeleton(0)}{skeleton(2, outside=1)}</track>'
    return f'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>{meta}{track}</annotations>'


def deeplabcut(individuals: tuple[str, ...] = ("one", "two")) -> list[list[str]]:
    """The cells of a table of two frames."""
    columns = [
        (owner, name, axis) for owner in individuals for name in NAMES for axis in ("x", "y", "likelihood")
    ]
    heads = [["scorer", *["net"] * len(columns)], ["individuals", *[owner for owner, _, _ in columns]]]
    heads += [["bodyparts", *[name for _, name, _ in columns]], ["coords", *[axis for _, _, axis in columns]]]
    rows = []
    for frame in range(2):
        cells = np.concatenate([flat(seed=seed) for seed in range(len(individuals))]).astype(str).tolist()
        rows.append([str(frame), *cells])
    return heads + rows


def csv_bytes(cells: Any) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([row if isinstance(row, list) else [row] for row in cells])
    return text.getvalue().encode("utf-8", "replace")


def sleap_arrays() -> dict[str, np.ndarray]:
    """An analysis file of two tracks and two frames; the second track is absent from the first."""
    tracks = np.stack([keypoint_array("coco17", seed)[:, :2].T for seed in range(2)])[..., None] * np.ones(2)
    tracks[1, :, :, 0] = np.nan
    return {
        "tracks": tracks, "node_names": np.array([name.encode() for name in NAMES]),
        "track_names": np.array([b"one", b"two"]), "point_scores": np.full((2, 17, 2), 0.5),
        "track_occupancy": np.array([[1, 0], [1, 1]], dtype=np.uint8),
    }  # fmt: skip


def sleap_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    return hdf5_bytes({name[:60]: array for name, array in arrays.items()})


def json_bytes(value: Any) -> bytes:
    return json.dumps(value, default=repr, skipkeys=True).encode()


# For each format the name of a file, its values, how to write them, and the number of people.
DOCUMENTS = {
    "coco-results": ("results.json", coco_results, json_bytes, 3),
    "alphapose": ("results.json", alphapose, json_bytes, 3),
    "mmpose": ("clip.json", mmpose, json_bytes, 2),
    "sapiens": ("a.json", sapiens, json_bytes, 1),
    "dwpose": ("a.json", dwpose, json_bytes, 2),
    "easy-vitpose": ("a_result.json", easy_vitpose, json_bytes, 2),
    "easymocap": ("000000.json", easymocap, json_bytes, 1),
    "labelme": ("a.json", labelme, json_bytes, 1),
    "label-studio": ("export.json", label_studio, json_bytes, 1),
    "supervisely": ("a.png.json", supervisely, json_bytes, 1),
    "darwin": ("clip.json", darwin, json_bytes, 2),
    "cvat-video": ("annotations.xml", cvat_video, str.encode, 2),
    "deeplabcut": ("clip.csv", deeplabcut, csv_bytes, 4),
    "sleap": ("clip.analysis.h5", sleap_arrays, sleap_bytes, 3),
}
