"""What is dropped on the window: told apart by its content, opened, and said."""

import pickle
import zipfile

import numpy as np
import pytest
import torch
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent

from desktop.jobs.files.dropped import what_is
from tests.desktop.making import write_coco, write_photo


@pytest.fixture
def desk(shared_desk):
    return shared_desk


def drop(desk, *paths):
    """Drop files on the window."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    at, copy = QPointF(5, 5), Qt.DropAction.CopyAction
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    entering = QDragEnterEvent(at.toPoint(), copy, data, left, none)
    desk.window.dragEnterEvent(entering)
    if entering.isAccepted():
        desk.window.dropEvent(QDropEvent(at, copy, data, left, none))
    desk.wait(lambda: not desk.workbench.busy)


def checkpoint_in(folder):
    torch.save({"model": {"weight": torch.zeros(1)}}, folder / "net.pt")
    return folder / "net.pt"


def photos_in(folder, count=2):
    for number in range(count):
        write_photo(folder / f"{number}.jpg", number)
    return sorted(folder.glob("*.jpg"))


def test_files_are_told_apart_by_their_content(tmp_path):
    np.savez(tmp_path / "smpl.npz", v_template=np.zeros((2, 3)))
    np.savez(tmp_path / "fits.npz", pose=np.zeros((2, 72)))
    (tmp_path / "smpl.pkl").write_bytes(pickle.dumps({"v_template": 1}))
    (tmp_path / "people.pkl").write_bytes(pickle.dumps({"keypoints": 1}))
    (tmp_path / "old.pth").write_bytes(pickle.dumps({"state_dict": 1}))
    (tmp_path / "broken.zip").write_bytes(b"PK")
    (tmp_path / "empty.pkl").write_bytes(b"")
    (tmp_path / "project.backup").write_bytes(b"SQLite format 3\0" + bytes(84))
    found = {path.name: what_is(path) for path in sorted(tmp_path.iterdir())}
    assert found == {
        "smpl.npz": "body",
        "fits.npz": "people",
        "smpl.pkl": "body",
        "people.pkl": "people",
        "old.pth": "network",
        "broken.zip": "people",
        "empty.pkl": "people",
        "project.backup": "project",
    }
    assert what_is(checkpoint_in(tmp_path)) == "network"
    assert what_is(tmp_path) == "folder"
    assert what_is(tmp_path / "nothing") == "missing"


def test_a_file_in_a_zip_is_not_unpacked_to_tell_what_it_is(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as parts:
        parts.writestr("../../v_template.npy", bytes(10))
    assert what_is(tmp_path / "a.npz") == "people"
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_annotations_that_are_dropped_are_opened(desk, tmp_path):
    drop(desk, write_coco(tmp_path))
    assert desk.workbench.project.folder == tmp_path


def test_several_photos_become_one_project(desk, tmp_path):
    drop(desk, *photos_in(tmp_path))
    assert len(desk.workbench.project.photo_ids()) == 2


def test_annotations_dropped_with_their_photos_are_opened_and_the_photos_come_with_them(desk, tmp_path):
    file = write_coco(tmp_path)
    drop(desk, *sorted(tmp_path.glob("*.jpg")), file)
    assert len(desk.workbench.project.photo_ids()) == 2
    assert desk.workbench.person is not None


def test_of_two_projects_one_is_opened_and_the_other_is_named(desk, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        desk.open(write_coco(tmp_path / name))
    desk.do("file.close")
    desk.wait(lambda: desk.workbench.project is None)
    files = sorted(tmp_path.glob("*/*.fitloop"))
    drop(desk, *files)
    assert desk.workbench.project.path == files[0]
    assert "Not opened: people.fitloop" in desk.told[-1]


def test_a_dropped_checkpoint_becomes_the_network_of_the_project(open_desk, tmp_path):
    file = checkpoint_in(tmp_path)
    drop(open_desk, file)
    assert open_desk.workbench.fits.network.file == file
    assert "net.pt" in open_desk.told[-1]


def test_without_a_project_a_dropped_checkpoint_says_what_it_is_and_what_next(desk, tmp_path):
    drop(desk, checkpoint_in(tmp_path))
    assert desk.told[-1] == (
        "net.pt is a network checkpoint. Each project has its own: open one, then drop it again."
    )


def test_a_dropped_body_that_cannot_be_read_is_refused_and_the_body_stays(open_desk, tmp_path):
    body = open_desk.workbench.fits.body
    np.savez(tmp_path / "smpl.npz", v_template=np.zeros((2, 3)))
    drop(open_desk, tmp_path / "smpl.npz")
    open_desk.wait(lambda: open_desk.said)
    assert "smpl.npz" in open_desk.said[0]
    assert open_desk.workbench.fits.body is body


def test_a_file_that_is_gone_is_named(desk, tmp_path):
    drop(desk, tmp_path / "gone.json")
    assert desk.told[-1] == "gone.json: not there any more."


def test_many_files_of_one_folder_are_opened_by_the_folder_and_that_is_said(desk, tmp_path):
    file = write_coco(tmp_path)
    other = file.with_name("more.json")
    other.write_bytes(file.read_bytes())
    drop(desk, file, other)
    assert any("opened as a whole" in text for text in desk.told)
