"""A contact sheet of synthetic photos: what a training on them sees."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from core.body.model import Body
from train.rendering.sheets import Picture, grid
from train.synthesis.photo import Studio, StudioConfig

SIZE, PHOTOS, COLUMNS = 256, 12, 6
MOST_PEOPLE, OCCLUDERS = 3, 0.25


def people_sheet(
    body: Body,
    poses: Path | None,
    seed: int,
    wardrobe: Path | None = None,
    panoramas: Path | None = None,
) -> Picture:
    """The first photos of a seed. poses: a file of motion capture, else the pose prior; wardrobe, panoramas: folders
    as of train.synthetic. Raises FitloopError."""
    config = StudioConfig(
        size=SIZE, people=(1, MOST_PEOPLE), seed=seed, poses=poses, wardrobe=wardrobe, panoramas=panoramas,
        occluders=OCCLUDERS,
    )  # fmt: skip
    with closing(Studio(config, body)) as studio:
        return grid([studio.photo(index).image for index in range(PHOTOS)], COLUMNS, gap=2)
