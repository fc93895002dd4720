"""Pairs of people over each other in photos of noise, as a fits dictionary: what a network of crowds is trained on."""

from pathlib import Path

from core.body.model import Body
from core.records import Photo
from core.store.fits.from_photos import fits_of_photos
from tests.train import making_runs


def crowded_photos(body: Body, pairs: int, locked: tuple[int, ...] = ()) -> list[Photo]:
    """Two people of known bodies a photo, at the same place, so that their boxes overlap."""
    people = making_runs.params(2 * pairs)
    alone = making_runs.photos(body, people, locked)
    return [
        alone[2 * pair].with_(people=(*alone[2 * pair].people, *alone[2 * pair + 1].people))
        for pair in range(pairs)
    ]


def write_crowds(folder: Path, body: Body, pairs: int, locked: tuple[int, ...] = ()) -> Path:
    """curated.npz of them, and their photos."""
    making_runs.write_pictures(folder, 2 * pairs)
    path = folder / "curated.npz"
    fits_of_photos(crowded_photos(body, pairs, locked), body.fingerprint).save(path)
    return path
