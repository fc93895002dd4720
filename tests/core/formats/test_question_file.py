"""A question goes from one process to another as a file, with its pictures."""

import numpy as np
import pytest

from core.errors import ReadError, Undecided, Way
from core.formats import question
from core.formats.format_row import Beside
from core.formats.question import LOOK_PX, Look, Question, question_of
from core.formats.question_file import load_question, save_question
from core.records import Keypoints

WAYS = (Way("lsp14", "fourteen"), Way("coco17", "seventeen, such as Ω"))


def look(name: str, count: int) -> Look:
    random = np.random.default_rng(count)
    array = random.uniform(0, 1, (count, 3))
    return Look(random.integers(0, 255, (LOOK_PX, LOOK_PX, 3), np.uint8), Keypoints.from_array(name, array))


@pytest.mark.parametrize("looks", [{}, {"coco17": look("coco17", 17), "lsp14": look("lsp14", 14)}], ids=len)
def test_a_question_comes_back_as_it_was(looks, tmp_path):
    save_question(Question("Which?\nOne of two.", "layout_name", WAYS, looks), tmp_path / "q.npz")
    found = load_question(tmp_path / "q.npz")
    assert (found.problem, found.option, found.ways) == ("Which?\nOne of two.", "layout_name", WAYS)
    assert list(found.looks) == list(looks)
    for way, one in looks.items():
        assert np.array_equal(found.looks[way].picture, one.picture)
        assert found.looks[way].keypoints.layout == one.keypoints.layout
        assert np.allclose(found.looks[way].keypoints.array, one.keypoints.array)


def test_a_damaged_question_is_an_error_of_reading(tmp_path):
    (tmp_path / "q.npz").write_bytes(b"PK no question")
    with pytest.raises(ReadError):
        load_question(tmp_path / "q.npz")


def test_a_huge_file_is_not_read_anew_for_pictures(tmp_path, monkeypatch):
    (tmp_path / "huge.json").write_text("{}")
    monkeypatch.setattr(question, "MOST_LOOK_BYTES", 1)
    monkeypatch.setattr(question, "read_file", lambda *_: pytest.fail("it is read anew"))
    undecided = Undecided("Which?", "layout_name", WAYS)
    assert question_of(undecided, tmp_path / "huge.json", Beside()).looks == {}
