"""Only ordinary files of bounded size are opened, and nothing waits for a pipe."""

import ast
import os
import socket
from pathlib import Path

import pytest

from core.body.smpl_file import read_body_file
from core.errors import BodyFileError, CheckpointError, ImageError, ReadError
from core.files.npz import ArrayFault, npz_names, read_npy, read_npz
from core.files.regular import NotOrdinary, contents, end_of, open_regular, text_of
from core.files.untrusted import read_bytes, read_json, read_pickle
from core.geometry.image import image_size, read_image
from core.networks.checkpoint import read_checkpoint
from core.store.photos.photo_files import size_and_hash

ROOT = Path(__file__).parents[3]


def a_socket(path):
    place = socket.socket(socket.AF_UNIX)
    before = os.getcwd()
    os.chdir(path.parent)
    try:
        place.bind(path.name)
    finally:
        os.chdir(before)
        place.close()


def a_loop(path):
    path.symlink_to(path.with_name("back"))
    path.with_name("back").symlink_to(path)


def a_sparse_giant(path):
    with path.open("wb") as file:
        file.truncate(2**43)


PLANTED = {
    "a pipe": os.mkfifo,
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "a terminal": lambda path: path.symlink_to("/dev/tty"),
    "a socket": a_socket,
    "a folder": Path.mkdir,
    "a loop of links": a_loop,
    "a link to nothing": lambda path: path.symlink_to(path.with_name("nothing")),
    "a sparse giant": a_sparse_giant,
}
READERS = {
    "bytes": (read_bytes, ReadError),
    "JSON": (read_json, ReadError),
    "pickle": (read_pickle, ReadError),
    "npz": (read_npz, ArrayFault),
    "names of an npz": (npz_names, ArrayFault),
    "npy": (read_npy, ArrayFault),
    "header of a photo": (image_size, ImageError),
    "photo": (read_image, ImageError),
    "checkpoint": (read_checkpoint, CheckpointError),
    "body": (read_body_file, BodyFileError),
    "contents": (contents, OSError),
    "text": (text_of, OSError),
    "end": (lambda path: end_of(path, 10), OSError),
}
# Where core and desktop open a file by themselves, and why.
OWN = {
    "core/files/whole_file.py": "files that this program writes",
    "core/files/npz.py": "members of an archive that came through the door",
    "core/files/unpack.py": "files that it unpacks",
    "desktop/views/tools/icons.py": "pictures that come with the program",
    "core/compute/machine_code.py": "its own source and mark",
    "core/records.py": "layouts that come with the program",
    "core/body/keypoints.py": "layouts that come with the program",
    "core/methods.py": "the table that comes with the program",
    "core/store/project/recovery.py": "a copy that it made",
    "desktop/jobs/training/training_process.py": "the output that it starts",
    "desktop/jobs/takeaways/report_page.py": "the style that comes with the program",
    "desktop/views/window/help/about.py": "the system's words on the processor",
    "desktop/views/window/help/manual.py": "the documentation that comes with the program",
}
OPENS = ("open", "read_bytes", "read_text", "fromfile", "imread", "load_file")


@pytest.mark.parametrize("planted", PLANTED)
@pytest.mark.parametrize("reader", READERS)
def test_a_reader_refuses_what_is_no_ordinary_file(tmp_path, planted, reader):
    path = tmp_path / "people.pt"
    PLANTED[planted](path)
    read, error = READERS[reader]
    with pytest.raises(error):
        read(path)


@pytest.mark.parametrize("planted", PLANTED)
def test_a_photo_that_is_no_ordinary_file_has_no_hash(tmp_path, planted):
    path = tmp_path / "a.jpg"
    PLANTED[planted](path)
    assert size_and_hash(path) is None


def test_the_door_names_what_it_found(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(NotOrdinary, match="this is a pipe, not a file"):
        open_regular(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(bytes(2**21 + 1))
    with pytest.raises(NotOrdinary, match="the file has 2 MB, more than 1 MB"):
        contents(tmp_path / "file", 2**20)
    assert len(contents(tmp_path / "file")) == 2**21 + 1
    assert end_of(tmp_path / "file", 5) == bytes(5)
    with pytest.raises(NotOrdinary, match="no file can have this name"):
        open_regular("a\0b")


def opens(file: Path) -> list[int]:
    """The lines that open or read a file by name. A window's `open()` has no arguments."""
    found = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            owner = getattr(getattr(node.func, "value", None), "id", "")
            own = owner in ("os", "cls", "Project", "Session", "archive", "buffer")
            own |= isinstance(node.func, ast.Name) and name.startswith("read_")
            if name in OPENS and (node.args or name.startswith("read_")) and not own:
                found.append(node.lineno)
    return found


def test_files_from_elsewhere_are_opened_by_the_door_alone():
    found = {}
    for file in sorted([*ROOT.glob("core/**/*.py"), *ROOT.glob("desktop/**/*.py")]):
        lines = opens(file)
        if lines:
            found[file.relative_to(ROOT).as_posix()] = lines
    others = {name: lines for name, lines in found.items() if name not in OWN}
    assert not others, f"open these by core.files.regular: {others}"
    assert set(OWN) <= set(found), "the list names what no longer opens a file"
