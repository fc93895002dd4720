"""What a run shows of itself: guesses and fits of the same people, on the way and at the end."""

import sys

import cv2
import numpy as np
import pytest

from core.body.model import load_body
from core.errors import FitsError
from core.geometry.camera import CROP_SIZE
from core.store.fits.dictionary import FitsDictionary
from tests.train import making_runs
from train import sheet, spin
from train.methods.spin.pictures import FIT, GUESS
from train.rendering.circle_sheet import circle_sheet

PEOPLE = 3
HOW = "--backbone resnet10 --batch 3 --steps 2 --picture-every 1 --workers 0"


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def run(tmp_path_factory, body):
    folder = tmp_path_factory.mktemp("circle")
    curated = making_runs.write_curated(folder / "project", body, PEOPLE)
    assert spin.main(["--fits", str(curated), "--run", str(folder / "run"), *HOW.split()]) == 0
    return folder / "run"


def near(picture, colour):
    """Where a picture (H, W, 3) BGR is about of this RGB."""
    return np.abs(picture.astype(int) - np.array(colour[::-1])).max(axis=2) < 60


@pytest.mark.slow
def test_a_picture_has_each_guess_above_its_fit(run):
    pictures = sorted((run / "pictures").iterdir())
    assert [path.name for path in pictures] == ["00000001.jpg", "00000002.jpg"]
    picture = cv2.imread(str(pictures[1]))
    assert picture.shape == (2 * CROP_SIZE, PEOPLE * CROP_SIZE, 3)
    above, below = picture[:CROP_SIZE], picture[CROP_SIZE:]
    for own, other, colour in ((above, below, GUESS), (below, above, FIT)):
        mine, theirs = near(own, colour), near(other, colour)  # of the same photo, so that its colours cancel
        assert (mine & ~theirs).sum() > 2 * (theirs & ~mine).sum()


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="drawing offscreen goes through EGL")
class TestCircleSheet:
    def test_it_has_a_column_a_person_and_a_row_each_for_photo_guess_fit_and_guess(self, run, body):
        found = circle_sheet(body, run, 2)
        assert found.shape == (4 * CROP_SIZE + 9, 2 * CROP_SIZE + 3, 3)
        photo, before, fit, after = (
            found[at : at + CROP_SIZE] for at in range(0, 4 * CROP_SIZE, CROP_SIZE + 3)
        )
        for drawn in (before, fit, after):
            assert 0.02 < (np.abs(drawn.astype(int) - photo).max(axis=2) > 40).mean() < 0.6
        assert (before != after).any()

    def test_the_command_writes_it(self, run, tmp_path, monkeypatch):
        monkeypatch.setattr(
            "sys.argv", ["sheet", "circle", "--run", str(run), "--out", str(tmp_path / "circle.jpg")]
        )
        sheet.main()
        assert cv2.imread(str(tmp_path / "circle.jpg")).shape[1] == PEOPLE * (CROP_SIZE + 3) - 3

    def test_a_run_of_a_data_set_finds_its_photos_too(self, tmp_path, body):
        data = making_runs.write_dataset(tmp_path / "data", body, PEOPLE)
        assert spin.main(["--data", f"own={data}", "--run", str(tmp_path / "run"), *HOW.split()]) == 0
        found = circle_sheet(body, tmp_path / "run", 2)
        assert found.shape == (4 * CROP_SIZE + 9, 2 * CROP_SIZE + 3, 3)

    def test_a_run_without_fits_has_nothing_to_draw(self, run, tmp_path, body):
        fits = FitsDictionary.load(run / "fits.npz")
        fits.score[:] = np.nan
        fits.save(tmp_path / "fits.npz")
        (tmp_path / "config.json").write_text((run / "config.json").read_text())
        with pytest.raises(FitsError, match="nobody in the run has a fit"):
            circle_sheet(body, tmp_path)
