"""What is opened for pictures: made on the spot, or a copy, so that what is there stays as it is."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

from desktop.jobs.files.open_sample import sample_file, sample_steps

ROOT = Path(__file__).parents[2]
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


def rendered(what: str, folder: Path) -> Path:
    """A project of `rendered.KINDS`. Made by a process of its own: this one's OpenGL belongs to the window."""
    file = folder / f"{what}.fitloop"
    subprocess.run([sys.executable, "-m", "tests.pictures.rendered", what, str(file)], cwd=ROOT, check=True)
    return file


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
