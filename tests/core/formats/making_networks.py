"""One small valid file of each network's answers, written after the formats' descriptions: two frames, one person."""

import io
import pickle
from typing import Any

import numpy as np
import torch

WIDTH, HEIGHT = 64, 48
FRAMES = 2
BETAS = np.linspace(-0.5, 0.5, 10)


def pose() -> np.ndarray:
    """(2, 72) [rad]: somebody who faces the camera."""
    angles = np.random.default_rng(4).normal(0, 0.1, (FRAMES, 72))
    angles[:, :3] = (3.0, 0, 0.1)
    return angles


def rows(**more: Any) -> dict[str, Any]:
    return {"betas": np.tile(BETAS, (FRAMES, 1)), "frame_ids": np.arange(FRAMES), **more}


def wham() -> dict[int, Any]:
    return {7: rows(pose=pose(), trans=np.tile([0.1, 0.2, 4.0], (FRAMES, 1)))}


def phalp() -> dict[str, Any]:
    turn = np.diag([1.0, -1.0, -1.0])
    smpl = {"global_orient": turn[None], "body_pose": np.tile(np.eye(3), (23, 1, 1)), "betas": BETAS}
    person = {"tid": [3], "smpl": [smpl], "camera": [np.array([0.1, 0.05, 29.0])], "tracked_time": [0]}
    more = {"bbox": [np.array([16.0, 8, 9, 30])], "size": [[HEIGHT, WIDTH]]}
    return {f"outputs/images/im000{number}.jpg": person | more for number in (1, 2)}


def gvhmr() -> dict[str, Any]:
    angles = pose()
    incam = {
        "body_pose": angles[:, 3:66], "global_orient": angles[:, :3], "betas": np.tile(BETAS, (FRAMES, 1)),
        "transl": np.tile([0.1, 0.2, 4.0], (FRAMES, 1)),
    }  # fmt: skip
    camera = np.array([[80.0, 0, WIDTH / 2], [0, 80.0, HEIGHT / 2], [0, 0, 1]])
    return {"smpl_params_incam": incam, "K_fullimg": np.tile(camera, (FRAMES, 1, 1))}


def romp() -> dict[str, Any]:
    one = {
        "smpl_thetas": pose(), "smpl_betas": np.tile(BETAS, (FRAMES, 1)), "joints": np.zeros((FRAMES, 71, 3)),
        "cam_trans": np.array([[0.1, 0.2, 4.0], [0.4, 0.2, 4.0]]), "track_ids": np.arange(FRAMES),
    }  # fmt: skip
    return {"results": {f"{frame:08d}.jpg": one for frame in range(FRAMES)}}


def tram() -> dict[str, Any]:
    turns = np.tile(np.diag([1.0, -1.0, -1.0]), (FRAMES, 24, 1, 1))
    turns[:, 1:] = np.eye(3)
    places = np.tile([0.1, 0.2, 4.0], (FRAMES, 1, 1))
    return {
        "pred_rotmat": turns, "pred_shape": np.tile(BETAS, (FRAMES, 1)), "pred_trans": places,
        "frame": np.arange(FRAMES),
    }  # fmt: skip


def prompthmr() -> dict[str, Any]:
    body = {"pose": np.pad(pose(), ((0, 0), (0, 3))), "shape": np.tile(BETAS, (FRAMES, 1))}
    body["trans"] = np.tile([0.1, 0.2, 4.0], (FRAMES, 1))
    person = {"frames": np.arange(FRAMES), "track_id": 5, "smplx_cam": body}
    return {"people": {5: person}, "camera": {"img_focal": 80.0, "img_center": np.array([WIDTH, HEIGHT]) / 2}}


def sam3d() -> list[dict[str, Any]]:
    points = np.random.default_rng(5).normal(0, 0.3, (70, 3))
    cam_t = np.array([0.1, 0.2, 4.0])
    placed = points + cam_t
    seen = 80 * placed[:, :2] / placed[:, 2:] + [WIDTH / 2, HEIGHT / 2]
    one = {"pred_keypoints_3d": points, "pred_keypoints_2d": seen, "pred_cam_t": cam_t}
    return [one | {"bbox": np.array([10.0, 5, 40, 45]), "global_rot": np.array([0.1, 0.2, 0.3])}]


def torch_bytes(values: Any) -> bytes:
    stream = io.BytesIO()
    torch.save(_tensors(values), stream)
    return stream.getvalue()


def object_npz(values: Any) -> bytes:
    stream = io.BytesIO()
    arrays = values if isinstance(values, dict) else {"results": values}
    np.savez(stream, **{str(name)[:20]: np.array(value, dtype=object) for name, value in arrays.items()})
    return stream.getvalue()


def object_npy(values: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array(values, dtype=object))
    return stream.getvalue()


def _tensors(values: Any) -> Any:
    if isinstance(values, dict):
        return {str(name): _tensors(value) for name, value in values.items()}
    return (
        torch.from_numpy(values.copy())
        if isinstance(values, np.ndarray) and values.dtype.kind in "fiu"
        else None
    )


# The file, its values, how they are written, the number of people, and the files beside it.
NETWORKS: dict[str, tuple[str, Any, Any, int, dict[str, bytes]]] = {
    "wham": ("wham_output.pkl", wham, pickle.dumps, 2, {}),
    "phalp": ("demo_clip.pkl", phalp, pickle.dumps, 2, {}),
    "gvhmr": ("hmr4d_results.pt", gvhmr, torch_bytes, 2, {}),
    "romp": ("video_results.npz", romp, object_npz, 4, {}),
    "tram": ("hps_track_0.npy", tram, object_npy, 2, {
        "camera.npy": object_npy({"img_focal": 80.0, "img_center": np.array([WIDTH, HEIGHT]) / 2}),
    }),
    "prompthmr": ("results.pkl", prompthmr, pickle.dumps, 2, {}),
    "sam3d": ("a.pkl", sam3d, pickle.dumps, 1, {}),
}  # fmt: skip
