"""Boxes over each other, against a plain count of pixels."""

import numpy as np
import pytest

from core.geometry.iou import corners_of, iou


def test_overlap_of_boxes_is_that_of_a_plain_count_of_pixels():
    draw = np.random.default_rng(0)
    for _ in range(20):
        boxes = []
        for _ in range(2):
            low = draw.integers(0, 12, 2)
            boxes.append(np.array([*low, *(low + draw.integers(1, 10, 2))], float))
        grids = []
        for x, y, right, bottom in np.array(boxes, int):
            grid = np.zeros((24, 24), bool)
            grid[y:bottom, x:right] = True
            grids.append(grid)
        plain = (grids[0] & grids[1]).sum() / (grids[0] | grids[1]).sum()
        assert iou(*boxes) == pytest.approx(plain)


def test_boxes_without_area_do_not_overlap():
    point = corners_of(np.array([3.0, 3.0, 0.0, 0.0]))
    assert iou(point, corners_of(np.array([0.0, 0.0, 9.0, 9.0]))) == 0
    assert iou(point, point) == 0
