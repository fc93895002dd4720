"""Exports, their names and their reports; and what is told when something is missing."""

import json

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication, QFileDialog, QMessageBox

from core.errors import DetectorError
from core.formats.exchange import read_file
from core.formats.table import FORMATS, formats_written
from core.records import Photo
from desktop.jobs import detecting
from desktop.views.window.help.report_dialog import ReportDialog

pytestmark = pytest.mark.slow

OFFERED = [row.word for row in formats_written() if row.menu]


@pytest.fixture
def asked(monkeypatch):
    """What the file dialog was asked; it answers with the name in "answer", else with the suggested one."""
    found = {"answer": None, "filter": 0}

    def answer(parent, title, suggested, filters):
        found.update(suggested=suggested, filters=filters.split(";;"))
        return found["answer"] or suggested, found["filters"][found["filter"]]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
    return found


def export(desk, word):
    desk.do(f"file.export_{word}")
    desk.wait(lambda: not desk.workbench.busy)
    desk.qtbot.wait(20)


def reports(desk):
    return [dialog for dialog in desk.window.findChildren(ReportDialog) if dialog.isVisible()]


@pytest.mark.parametrize("word", OFFERED)
def test_a_name_beside_the_project_with_the_formats_suffix_is_suggested_and_written(open_desk, asked, word):
    desk = open_desk
    desk.fit()
    project = desk.workbench.project.path
    export(desk, word)
    suggested = project.with_name(f"{project.stem}_{word}{FORMATS[word].suffixes[0]}")
    assert asked["suggested"] == str(suggested)
    if word == "agora":  # its photos have a size of their own
        assert "AGORA" in desk.said[0]
        return
    assert desk.said == []
    assert list(project.parent.glob(f"{project.stem}_{word}*"))


@pytest.mark.parametrize("word", OFFERED)
@pytest.mark.parametrize("name", ["mine", "mine.v2", "mine."])
def test_a_name_without_suffix_gets_that_of_the_chosen_filter(open_desk, asked, tmp_path, word, name):
    window, suffixes = open_desk.window, FORMATS[word].suffixes
    for place, suffix in enumerate(suffixes):
        asked.update(answer=str(tmp_path / name), filter=place)
        assert window.ask_for_new_file(word) == tmp_path / f"{name}{suffix}"
    asked["answer"] = str(tmp_path / f"mine{suffixes[-1]}")
    assert window.ask_for_new_file(word) == tmp_path / f"mine{suffixes[-1]}"


@pytest.mark.parametrize("answer", [QMessageBox.StandardButton.Yes, QMessageBox.StandardButton.No])
def test_a_file_that_has_the_whole_name_is_not_written_over_without_a_question(
    open_desk, asked, tmp_path, monkeypatch, answer
):
    there, questions = tmp_path / "mine.json", []
    there.write_text("precious")
    asked["answer"] = str(tmp_path / "mine")
    monkeypatch.setattr(QMessageBox, "question", lambda *given: questions.append(given[2]) or answer)
    file = open_desk.window.ask_for_new_file("coco")
    assert file == (there if answer == QMessageBox.StandardButton.Yes else None)
    assert "mine.json" in questions[0]


def test_a_cancelled_dialog_writes_nothing(open_desk, monkeypatch):
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *given: ("", ""))
    assert open_desk.window.ask_for_new_file("coco") is None


def test_rejected_people_are_in_neither_meshes_nor_parameters_and_the_report_says_so(
    open_desk, asked, tmp_path
):
    desk = open_desk
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)
    rejected = desk.workbench.person_id
    desk.do("person.reject")
    asked["answer"] = str(tmp_path / "out.npz")
    export(desk, "parameters")
    people = [person.id for photo in read_file(tmp_path / "out.npz").photos for person in photo.people]
    assert len(people) == 3
    assert rejected not in people
    (report,) = reports(desk)
    assert "rejected" in report.text.toPlainText()
    report.close()
    asked["answer"] = str(tmp_path / "out.obj")
    export(desk, "mesh")
    meshes = sorted(tmp_path.glob("out_*.obj"))
    assert [int(mesh.stem.rpartition("_")[2]) for mesh in meshes] == sorted(people)
    (report,) = reports(desk)
    assert "1 fit" in report.text.toPlainText()
    assert "rejected" in report.text.toPlainText()
    assert desk.said == []


def test_where_every_fit_was_rejected_no_mesh_is_written_and_the_reason_is_told(open_desk, asked, tmp_path):
    desk = open_desk
    desk.fit()
    desk.do("person.reject")
    asked["answer"] = str(tmp_path / "out.obj")
    export(desk, "mesh")
    assert "rejected" in desk.said[0]
    assert not list(tmp_path.glob("out*"))


def test_a_report_names_every_record_and_is_copied_whole(open_desk, asked, tmp_path):
    desk = open_desk
    desk.do("fit.queue")
    desk.wait(lambda: not desk.workbench.busy)
    rejected = sorted(desk.workbench.queue.ids().tolist())[1:]
    for person_id in rejected:
        desk.workbench.select(person_id)
        desk.do("person.reject")
    asked["answer"] = str(tmp_path / "out.npz")
    export(desk, "parameters")
    (report,) = reports(desk)
    text = report.text.toPlainText()
    for person_id in rejected:
        assert f"person {person_id}," in text
    report.copy.click()
    assert QApplication.clipboard().text() == text
    report.close()
    desk.do("help.report")
    assert reports(desk)[0].text.toPlainText() == text


def test_the_summary_of_an_import_can_be_read_whole(desk, tmp_path):
    from tests.desktop.making import write_coco

    file = write_coco(tmp_path)
    document = json.loads(file.read_text())
    for annotation in document["annotations"][1:]:
        annotation["bbox"] = [0, 0, -1, -1]
        annotation["keypoints"] = [float(np.nan)]
    file.write_text(json.dumps(document))
    desk.open(file)
    assert desk.window.status.whole.isVisible()
    desk.window.status.whole.click()
    text = reports(desk)[0].text.toPlainText()
    assert text in desk.told
    assert "left out" in text


def test_without_a_report_the_command_says_so(desk):
    desk.do("help.report")
    assert "no report yet" in reports(desk)[0].text.toPlainText()


def test_where_no_detector_is_and_the_photo_shown_has_people_a_dialog_offers_some(
    desk, tmp_path, monkeypatch
):
    from desktop.views.tools.detector_offer import DetectorDialog
    from tests.desktop.making import write_coco, write_photo

    desk.open(write_coco(tmp_path, photos=1))
    write_photo(tmp_path / "empty.jpg", 9)
    desk.workbench.project.add_photos([Photo("empty.jpg", 320, 240)])

    def none_there():
        raise DetectorError("No detector is installed.")

    monkeypatch.setattr(detecting, "load_any", none_there)
    told = len(desk.told)
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    (dialog,) = desk.window.findChildren(DetectorDialog)
    assert dialog.isVisible()
    assert dialog.offer.buttons["mediapipe"].text() == "Install MediaPipe"
    assert desk.told[told:] == []


def test_where_a_detector_is_there_and_finds_nobody_that_is_told(desk, tmp_path, monkeypatch):
    from tests.desktop.making import write_photo

    write_photo(tmp_path / "one.jpg", 1)
    desk.open(tmp_path)

    class FindsNobody:
        def __call__(self, image, bboxes=None):
            return []

        def close(self):
            pass

    monkeypatch.setattr(detecting, "load_any", FindsNobody)
    desk.do("person.detect")
    desk.wait(lambda: not desk.workbench.busy)
    assert desk.told[-1].startswith("0 people found")
    assert desk.said == []
