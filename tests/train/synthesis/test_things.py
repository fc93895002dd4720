"""Things among the people: they hide parts of somebody, touch nobody, and cast shadows."""

from contextlib import closing

import numpy as np
import pytest

from train.synthesis.photo import Studio, StudioConfig
from train.synthesis.scene import draw_scene
from train.synthesis.things import draw_things


@pytest.fixture(scope="module")
def studio():
    with closing(Studio(StudioConfig(size=96, people=(1, 3), seed=11, occluders=1.0))) as opened:
        yield opened


def test_things_touch_nobody(studio):
    rng = np.random.default_rng(0)
    found = 0
    for _ in range(6):
        scene = draw_scene(studio._figure, studio._poses, (1, 3), (96, 96), rng)
        joints = scene.camera.seen(np.concatenate([person.skeleton for person in scene.people]))
        for thing in draw_things(scene, rng):
            away = np.linalg.norm(thing.vertices[:, None] - joints, axis=-1)
            assert away.min() > 0.1
            found += 1
    assert found > 3


def test_a_thing_before_a_person_hides_part_of_it_and_has_its_own_number(studio):
    photos = [studio.photo(index) for index in range(10)]
    assert sum((photo.mask == 255).any() for photo in photos) >= 6
    hidden = np.concatenate([photo.truth.occlusion for photo in photos])
    assert ((hidden > 5) & (hidden < 95)).sum() >= 2
    seen = np.concatenate([photo.truth.occluded.sum(axis=1) for photo in photos])
    assert seen[hidden > 20].mean() > seen[hidden < 1].mean() + 3


def test_photos_without_occluders_have_none():
    with closing(Studio(StudioConfig(size=64, people=(1, 2), seed=11))) as plain:
        assert all((plain.photo(index).mask < 3).all() for index in range(4))


def test_photos_may_be_wider_than_high_and_seen_by_agoras_cameras():
    config = StudioConfig(size=128, height=72, people=(2, 3), seed=2, agora_cameras=True)
    with closing(Studio(config)) as studio:
        photos = [studio.photo(index) for index in range(4)]
    assert {photo.image.shape for photo in photos} == {(72, 128, 3)}
    lenses = {round(photo.truth.focal_length / 128 * 36) for photo in photos}
    assert lenses <= {18, 28, 50}
    for photo in photos:
        seen = photo.truth.keypoints[photo.truth.keypoints[..., 2] > 0]
        assert (seen[:, :2] < [128, 72]).all()
