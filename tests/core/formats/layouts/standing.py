"""A standing person in any layout, whose bones are those of a body."""

import numpy as np

from core.body.keypoints import convert, layout

# A standing person, halpe26 [px of 640 × 480].
BODY = np.array([
    (320, 100), (328, 92), (312, 92), (338, 97), (302, 97), (360, 150), (280, 150), (380, 210), (260, 210),
    (395, 265), (245, 265), (345, 270), (295, 270), (350, 350), (290, 350), (352, 430), (288, 430), (320, 70),
    (320, 140), (320, 270), (360, 440), (280, 440), (365, 442), (275, 442), (348, 440), (292, 440),
])  # fmt: skip


def body_in(name: str) -> np.ndarray:
    """(K, 3): the person in a layout; what halpe26 lacks is absent, with head points in the place of the neck's."""
    rows = np.column_stack([BODY, np.ones(len(BODY))])
    array = convert(rows, "halpe26", name)
    for place, keypoint in enumerate(layout(name).keypoints):
        if not array[place, 2] and keypoint in ("neck", "upper_neck"):
            array[place] = 320, 140, 1
    return array
