"""A project with some photos, and a source of chance that is the same in every run."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.store.project.project import Project
from tests.core.store.making import random_photo


@pytest.fixture
def random() -> np.random.Generator:
    return np.random.default_rng(20)


@pytest.fixture
def project(tmp_path: Path, random: np.random.Generator) -> Iterator[Project]:
    """Ten photos of two people each, ids 1 to 20."""
    with Project.create(tmp_path / "march.fitloop", user="ada") as project:
        project.add_photos(random_photo(random, f"photos/{number:02d}.jpg") for number in range(10))
        yield project
