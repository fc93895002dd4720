"""Adding to the house: with one file and one row the window and the shell know a format, and guesses a network."""

import pytest
from PySide6.QtWidgets import QFileDialog

from core.formats.keypoints import coco
from core.formats.table import FORMATS
from core.networks.table import KINDS
from desktop.commands import file_menu
from desktop.commands.people.queue_menu import guess_with
from tests.core.formats import toy_format
from tests.core.networks import toy_network
from tests.desktop.making import same_people, write_coco
from train import convert


@pytest.fixture
def toy_file(tmp_path, monkeypatch):
    """A file of the toy format, of two photos with two people each, beside the photos."""
    monkeypatch.setitem(FORMATS, "toy", toy_format.ROW)
    folder = tmp_path / "toys"
    folder.mkdir()
    toy_format.write(folder / "people.toy", coco.read(write_coco(folder)).photos)
    return folder / "people.toy"


def test_a_format_of_one_file_and_one_row_is_opened_and_exported_in_the_window(desk, toy_file, monkeypatch):
    desk.open(toy_file)
    assert desk.said == []
    assert len(desk.workbench.queue.ids()) == 4
    opened = list(desk.workbench.project.photos())
    assert all((desk.workbench.project.folder / photo.path).is_file() for photo in opened)
    filters, file = [], toy_file.with_name("again.toy")

    def answer(parent, title, folder, words):
        filters.append(words)
        return str(file), words

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    file_menu.export("toy")(desk.workbench, desk.window, desk.workbench.shown)
    desk.wait(lambda: not desk.workbench.busy)
    assert filters == ["Toy people (*.toy)"]
    assert desk.told[-1] == "again.toy: 4 people"
    for one, other in zip(opened, toy_format.read(file).photos, strict=True):
        assert (one.path, one.width) == (other.path, other.width)
        assert same_people(one, other)


def test_the_open_dialog_offers_its_files(desk, toy_file, monkeypatch):
    filters = []
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *words: filters.append(words[-1]) or ("", ""))
    desk.do("file.open")
    assert filters[0].startswith("Projects and annotations (*.fitloop *.npz *.json")
    assert " *.toy)" in filters[0]


def test_it_is_converted_from_and_to(toy_file, tmp_path, capsys):
    assert convert.main(["--list"]) == 0
    listed = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()]
    assert listed.count(["toy", "the toy format"]) == 2
    for source, destination in ((toy_file, "a.fitloop"), (tmp_path / "a.fitloop", "a.toy")):
        assert convert.main([str(source), str(tmp_path / destination)]) == 0, capsys.readouterr().err
    assert "a.toy: 4 people" in capsys.readouterr().out
    before, after = toy_format.read(toy_file).photos, toy_format.read(tmp_path / "a.toy").photos
    assert [photo.path for photo in after] == [f"toys/{photo.path}" for photo in before]
    assert all(same_people(*pair) for pair in zip(before, after, strict=True))


@pytest.mark.parametrize("row", [toy_network.ROW, toy_network.LIFTER_ROW], ids=lambda row: row.shown)
def test_a_network_of_one_file_and_one_row_guesses_in_the_window(open_desk, tmp_path, monkeypatch, row):
    monkeypatch.setitem(KINDS, row.kind, row)
    desk, workbench = open_desk, open_desk.workbench
    guess_with(workbench, toy_network.write(tmp_path / "toy.pt", row))
    desk.wait(lambda: not workbench.busy)
    assert desk.said == []
    people = [person for photo in workbench.project.photos() for person in photo.people]
    assert [person.guess.network for person in people] == [row.kind] * 4
    assert desk.told[-1].startswith("4 of 4 people guessed")
    workbench.apply("Forget the guess", workbench.person.with_(guess=None))
    desk.fit("fit.guess")
    assert workbench.person.guess.network == row.kind
    assert workbench.person.fit is not None
