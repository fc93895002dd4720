"""One person through numbered photos, for tests of fits over time."""

import numpy as np

from core.body.keypoint_body import params_to_vector
from core.records import BBox, Fit, Keypoints, Person, Photo
from tests.core.fitting.making import CENTER, FOCAL, Scene, before_camera, off_by, prior_poses

FRAMES = 8


def walk(body) -> tuple[Scene, list[Photo]]:
    """One person, track 5, in eight numbered photos that a file lists backwards, with fits ten degrees off."""
    first = before_camera(prior_poses(1))[[0] * FRAMES]
    scene = Scene.of(body, first, "coco17", noise_px=3)
    rows = params_to_vector(off_by(scene.truth, 10)).numpy()
    photos = []
    for frame in range(FRAMES):
        row = rows[frame]
        fit = Fit(
            row[:72], row[72:82], 0.0, row[83:86], FOCAL, np.array(CENTER), 9.0, body.fingerprint, "fit"
        )
        keypoints = Keypoints("coco17", scene.keypoints[frame, :, :2].numpy(), np.ones(17, np.float32))
        person = Person(frame, BBox(np.array(CENTER), 2.0), keypoints, fit=fit, track=5)
        photos.append(Photo(f"walk_{frame:03}.jpg", 1000, 800, (person,), focal_length=FOCAL))
    return scene, photos[::-1]
