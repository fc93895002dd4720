"""Networks' files added to a project give guesses to the people that are there already, side by side."""

import pickle
from pathlib import Path

import numpy as np

from core.formats.bodies.networks.phalp import NETWORK as PHALP
from core.guesses import of_networks
from core.records import Photo
from desktop.commands.file_menu import _add
from desktop.jobs.files.added_guesses import guesses_of_known
from tests.core.formats import making, making_networks
from tests.core.test_guesses import guess


def cliff_file(folder: Path, photos: list[Photo]) -> Path:
    """CLIFF's answers for the boxes of all people."""
    people = [(place, person) for place, photo in enumerate(photos) for person in photo.people]
    corners = [
        np.concatenate([one.bbox.xywh[:2], one.bbox.xywh[:2] + one.bbox.xywh[2:]]) for _, one in people
    ]
    count = len(people)
    arrays = {
        "imgname": np.array([photo.path for photo in photos]), "pose": np.full((count, 72), 0.1),
        "shape": np.zeros((count, 10)), "global_t": np.tile([0.0, 0, 5], (count, 1)), "focal_l": np.full(count, 500.0),
        "detection_all": np.array([[place, *box] for (place, _), box in zip(people, corners, strict=True)]),
    }  # fmt: skip
    (folder / "cliff.npz").write_bytes(making.npz_bytes(arrays))
    return folder / "cliff.npz"


def phalp_file(folder: Path, photo: Photo) -> Path:
    """PHALP's answer for the first person of one photo."""
    frame = next(iter(making_networks.phalp().values()))
    more = {"bbox": [photo.people[0].bbox.xywh], "size": [[photo.height, photo.width]]}
    (folder / "demo_clip.pkl").write_bytes(pickle.dumps({photo.path: frame | more}))
    return folder / "demo_clip.pkl"


def test_files_of_two_networks_give_each_person_two_guesses_that_undo_takes_back(open_desk):
    desk, workbench = open_desk, open_desk.workbench
    project = workbench.project
    photos = list(project.photos())

    def add(path: Path) -> None:
        _add(workbench, workbench.shown, path)
        desk.wait(lambda: not workbench.busy)

    def networks() -> list[list[str]]:
        people = [person for photo in project.photos() for person in photo.people]
        return [[one.network for one in of_networks(person.guess)] for person in people]

    add(cliff_file(project.folder, photos))
    assert networks() == [["CLIFF"]] * 4, desk.said
    assert "already have these guesses" in desk.told[-1]
    add(phalp_file(project.folder, photos[0]))
    assert networks() == [[PHALP, "CLIFF"], ["CLIFF"], ["CLIFF"], ["CLIFF"]], desk.said
    assert [one.network for one in of_networks(workbench.person.guess)] == [
        PHALP,
        "CLIFF",
    ]  # the one on screen
    first = next(iter(project.queue(order="disagreement")))
    assert first.disagreement is not None
    assert project.person(first.id).guess.network == PHALP
    desk.do("space.ghost_guess")
    assert len(desk.window.viewport._painter.ghosts.there()["guess"]) == 2
    desk.fit("fit.guess")
    kept = [one.network for one in of_networks(workbench.person.guess)]
    assert kept[1:] == [PHALP, "CLIFF"]  # behind the lifter's
    for _ in range(3):
        desk.do("edit.undo")
    assert networks() == [[]] * 4


def test_a_guess_of_nobody_in_a_photo_is_counted_and_given_to_nobody(open_desk):
    project = open_desk.workbench.project
    (photo, _) = project.photos()
    far = making.person()
    assert guesses_of_known(project, [photo.with_(people=(far.with_(guess=guess("WHAM")),))]) == ({}, 1)
