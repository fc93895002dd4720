"""Sheets, films and reports as files: whole, bounded, and nothing of a hostile project gets out of its text."""

import base64
import re

import cv2
import numpy as np
import pytest

from core.errors import FitloopError
from core.records import Photo
from core.store.project.project import Project
from desktop.jobs.takeaways import contact_pages
from desktop.jobs.takeaways.contact_pages import sheet_steps
from desktop.jobs.takeaways.data_report import report_steps
from desktop.jobs.takeaways.turntable import PICTURES, SUFFIXES, turntable_steps
from tests.core.store.making import random_person, random_photo
from tests.desktop.making import write_photo

HOSTILE = '<script>alert(1)</script>"><img src=x onerror=alert(1)>.jpg'


@pytest.fixture
def project(tmp_path, qapp):
    """Six people of three photos, of which one is there."""
    random = np.random.default_rng(0)
    with Project.create(tmp_path / "march.fitloop") as project:
        project.add_photos(random_photo(random, f"{number}.jpg") for number in range(3))
        photo = project.photo(1)
        write_photo(tmp_path / photo.path, 1)
        yield project


def told(steps):
    *_, end = steps
    assert end.done == end.total
    return end.told


def ids_of(project):
    return project.queue_ids().tolist()


class TestSheet:
    def test_of_png_is_a_picture_with_everybody(self, project, tmp_path):
        words = told(sheet_steps(project, ids_of(project), tmp_path / "sheet.png", None))
        assert "sheet.png: a sheet of 6 people" in words
        picture = cv2.imread(str(tmp_path / "sheet.png"))
        assert picture.shape == (*reversed(contact_pages.PAGE_PX), 3)
        assert (picture < 255).any(axis=2).mean() > 0.03

    def test_of_more_people_than_a_page_has_further_pages(self, project, tmp_path, monkeypatch):
        monkeypatch.setattr(contact_pages, "A_PAGE", 2)
        words = told(sheet_steps(project, ids_of(project), tmp_path / "sheet.png", None))
        assert "Further pages: up to sheet_03.png" in words
        assert {file.name for file in tmp_path.glob("sheet*")} == {
            "sheet.png",
            "sheet_02.png",
            "sheet_03.png",
        }

    def test_of_pdf_is_one_file_of_pages(self, project, tmp_path, monkeypatch):
        monkeypatch.setattr(contact_pages, "A_PAGE", 2)
        told(sheet_steps(project, ids_of(project), tmp_path / "sheet.pdf", None))
        data = (tmp_path / "sheet.pdf").read_bytes()
        assert data.startswith(b"%PDF")
        assert len(re.findall(rb"/Type\s*/Page\b", data)) == 3

    def test_of_too_many_people_says_who_is_left_out(self, project, tmp_path, monkeypatch):
        monkeypatch.setattr(contact_pages, "MOST_PEOPLE", 4)
        words = told(sheet_steps(project, ids_of(project), tmp_path / "sheet.png", None))
        assert "The first 4 of 6 people" in words

    def test_of_nobody_is_refused(self, project, tmp_path):
        with pytest.raises(FitloopError, match="nobody in the list"):
            list(sheet_steps(project, [], tmp_path / "sheet.png", None))

    def test_stopped_half_way_leaves_no_file(self, project, tmp_path):
        steps = sheet_steps(project, ids_of(project), tmp_path / "sheet.pdf", None)
        next(steps)
        steps.close()
        assert not (tmp_path / "sheet.pdf").exists()


class TestReport:
    def text(self, project, tmp_path):
        told(report_steps(project, tmp_path / "report.html", None, "built-in lifter"))
        return (tmp_path / "report.html").read_text(encoding="utf-8")

    def test_has_the_numbers_of_the_data_set(self, project, tmp_path):
        text = self.text(project, tmp_path)
        scores = [row.score for row in project.queue() if row.score is not None]
        assert f"{np.median(scores):.1f} px" in text
        assert "<b>6</b>people" in text
        assert "<b>3</b>photos" in text

    def test_has_the_worst_first_with_the_pictures_of_photos_that_are_there(self, project, tmp_path):
        text = self.text(project, tmp_path)
        worst = [row for row in project.queue("worst") if row.score is not None]
        shown = [int(one) for one in re.findall(r"<figcaption>(\d+):", text)]
        assert shown == [row.id for row in worst]
        (first, *_) = re.findall(r"data:image/jpeg;base64,([^\"]+)", text)
        picture = cv2.imdecode(np.frombuffer(base64.b64decode(first), np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None

    def test_runs_nothing_and_asks_no_other_place(self, tmp_path, qapp):
        random = np.random.default_rng(0)
        with Project.create(tmp_path / "march.fitloop") as project:
            person = random_person(random, 1).with_(note=HOSTILE, tags=(HOSTILE,))
            project.add_photos([Photo(HOSTILE.replace("/", "_"), 640, 480, (person,))])
            text = self.text(project, tmp_path)
        assert "<script" not in text
        assert "<img src=x" not in text
        assert "default-src 'none'" in text
        assert "http://" not in text
        assert "https://" not in text

    def test_of_a_project_without_people_is_written(self, tmp_path, qapp):
        with Project.create(tmp_path / "empty.fitloop") as project:
            assert "<b>0</b>people" in self.text(project, tmp_path)


class TestTurntable:
    def drawn(self, file, draws=PICTURES):
        pictures, said, angles = [], "", []
        for step in turntable_steps(file, pictures):
            said = step.told
            if step.angle_deg is not None and len(pictures) < draws:
                angles.append(step.angle_deg)
                picture = np.full((60, 48, 3), 230, np.uint8)
                picture[20:40, len(angles) % 40 : len(angles) % 40 + 8] = (20, 90, 200)
                pictures.append(picture)
        return said, angles

    @pytest.mark.parametrize("suffix", SUFFIXES)
    def test_is_one_whole_turn(self, tmp_path, suffix):
        file = tmp_path / f"turn{suffix}"
        said, angles = self.drawn(file)
        assert f"turn{suffix}: a turn of {PICTURES} pictures" in said
        assert np.allclose(np.diff(angles), 360 / PICTURES)
        film = cv2.VideoCapture(str(file)) if suffix == ".mp4" else None
        if film is not None:
            assert film.get(cv2.CAP_PROP_FRAME_COUNT) == PICTURES
        else:
            found, animation = cv2.imreadanimation(str(file))
            assert found
            assert len(animation.frames) == PICTURES
            colour = np.array(animation.frames[0])[30, 4, :3].astype(int)
            assert np.abs(colour - (200, 90, 20)).max() < 40  # blue, as it was drawn

    def test_of_a_window_that_closes_leaves_no_file(self, tmp_path):
        said, _ = self.drawn(tmp_path / "turn.gif", draws=5)
        assert said == ""
        assert list(tmp_path.iterdir()) == []

    def test_in_a_folder_that_is_not_there_is_an_error(self, tmp_path):
        with pytest.raises(FitloopError, match=r"cannot be written.*another folder"):
            self.drawn(tmp_path / "nowhere" / "turn.mp4")
