"""What is opened for pictures: made on the spot, or a copy, so that what is there stays as it is."""

import json
import shutil
from collections.abc import Iterable
from pathlib import Path

from core.records import Photo
from core.store import Project
from desktop.jobs.files.open_sample import sample_file, sample_steps
from train.synthesis.sample import photos_with_truth, write_photos

PHOTO_PX, SEED = 640, 11
CROWD = 8
CHILD, MOST_PHOTOS = 0.6, 60  # kid of a child, and photos made until one shows one
LYING = "h36m.json", "h36m_S5_SittingDown.54138969_002061.jpg"
OWN = ("spin_im1010.jpg", "crowdpose_103319.jpg", "mhp_10084.jpg")


def copy_of(path: Path, folder: Path) -> Path:
    """The same in `folder`, with all that lies beside it, so that a project can be written there."""
    home = path if path.is_dir() else path.parent
    there = shutil.copytree(home, folder / home.resolve().name)
    return there if path.is_dir() else there / path.name


def sample(folder: Path) -> Path:
    """The sample's project."""
    *_, opening = sample_steps(folder)
    opening.project.close()  # it is opened anew for each picture
    return sample_file(folder)


def crowd(folder: Path) -> Path:
    """A project of rendered photos with eight people in each."""
    return _project(folder, write_photos(folder, 2, SEED, PHOTO_PX, people=(CROWD, CROWD)))


def child(folder: Path) -> Path:
    """A project of one rendered photo of a child."""
    for photo, truth in photos_with_truth(folder, MOST_PHOTOS, SEED, PHOTO_PX, people=(1, 1)):
        if len(truth) and truth.kid[0] > CHILD:
            return _project(folder, [photo])
    raise AssertionError(f"No child in {MOST_PHOTOS} photos.")


def lying(data: Path, folder: Path) -> Path:
    """Annotations of somebody on the floor, with the photo beside them."""
    name, photo = LYING
    whole = json.loads((data / "photos" / name).read_text(encoding="utf-8"))
    whole["images"] = [image for image in whole["images"] if image["file_name"].endswith(photo)]
    ids = {image["id"] for image in whole["images"]}
    whole["annotations"] = [one for one in whole["annotations"] if one["image_id"] in ids]
    (folder / "images").mkdir(parents=True)
    shutil.copy(data / "photos" / "images" / photo, folder / "images")
    file = folder / name
    file.write_text(json.dumps(whole), encoding="utf-8")
    return file


def own_photos(data: Path, folder: Path) -> Path:
    """A folder of photos without annotations."""
    folder.mkdir(parents=True)
    for name in OWN:
        shutil.copy(data / "photos" / "images" / name, folder)
    return folder


def _project(folder: Path, photos: Iterable[Photo]) -> Path:
    file = folder / "rendered.fitloop"
    with Project.create(file) as project:
        project.add_photos(photos)
    return file
