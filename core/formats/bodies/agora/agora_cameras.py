"""The cameras of AGORA's scenes, told by the names of their photos, and where they put a point.

Patel et al., "AGORA: Avatars in Geography Optimized for Regression Analysis", CVPR 2021. Scenes are in centimetres with
z up, their cameras look along x.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

SENSOR_MM = 36.0  # its width
CM = 100.0


@dataclass(frozen=True)
class AgoraCamera:
    """lens [mm]; place (x, y, z) [cm]; yaw, pitch [degrees]; drop [m]: subtracted from heights seen by the camera. None
    where the frame's row tells it."""

    lens_mm: float
    place_cm: tuple[float, float, float] | None
    yaw_deg: float | None
    pitch_deg: float
    drop: float

    def focal_length(self, width: float) -> float:
        """[px] of photos `width` px wide."""
        return self.lens_mm / SENSOR_MM * width


# The first whose word a photo's name holds. The four are of the scenes of places.
CAMERAS = {
    "hdri": AgoraCamera(50, (0, 0, 170), 0, 0, 0),
    "cam00": AgoraCamera(18, (400, -275, 265), 135, 30, 0),
    "cam01": AgoraCamera(18, (400, 225, 265), -135, 30, 0),
    "cam02": AgoraCamera(18, (-490, 170, 265), -45, 30, 0),
    "cam03": AgoraCamera(18, (-490, -275, 265), 45, 30, 0),
    "ag2": AgoraCamera(28, (0, 0, 170), 0, 15, 0),
}
OTHER = AgoraCamera(28, None, None, 0, -1.7)


def camera_of(name: str) -> AgoraCamera:
    """The camera of a photo, by its file name."""
    return next((camera for word, camera in CAMERAS.items() if word in name), OTHER)


def in_camera(
    points: np.ndarray,
    place_cm: tuple[float, float, float],
    yaw_deg: float,
    camera: AgoraCamera,
    camera_place_cm: tuple[float, float, float],
    camera_yaw_deg: float,
) -> np.ndarray:
    """Points (N, 3) [m] of a fit's own frame, of a person at place_cm, in the camera's frame (N, 3) [m]. The camera's
    place and yaw: of the frame's row, for a camera that has none of its own."""
    own_place, own_yaw = camera.place_cm or camera_place_cm, camera.yaw_deg
    away = _to_metres(place_cm) - _to_metres(own_place) - np.array([0, camera.drop, 0])
    turned = points * np.array([1, -1, -1]) @ _turn_y(yaw_deg - 90).T + away
    yaw = camera_yaw_deg if own_yaw is None else own_yaw
    return np.asarray(turned @ (_turn_x(camera.pitch_deg) @ _turn_y(-yaw)).T)


def projected(points: np.ndarray, camera: AgoraCamera, width: float, height: float) -> np.ndarray:
    """Pixels (N, 2) of points (N, 3) [m, camera frame]."""
    focal = camera.focal_length(width)
    return np.asarray(focal * points[:, :2] / points[:, 2:] + np.array([width / 2, height / 2]))


def _to_metres(place_cm: tuple[float, float, float]) -> np.ndarray:
    x, y, z = place_cm
    return np.array([y, -z, x]) / CM


def _turn_y(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _turn_x(degrees: float) -> np.ndarray:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
