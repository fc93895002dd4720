"""The table of formats: each row's functions are there and take what the row says."""

import subprocess
import sys
from dataclasses import fields
from inspect import signature
from pathlib import Path

import pytest

from core.compute.late import Late
from core.formats.format_row import Beside, Format
from core.formats.recognise import recognise
from core.formats.table import FORMATS, formats_read, formats_written, written_with
from tests.core.formats import toy_format

ROOT = Path(__file__).parents[3]
GIVEN = {field.name for field in fields(Beside)}


def parameters(function):
    """The names of what a function takes after the path."""
    found = function.found() if isinstance(function, Late) else function
    return tuple(signature(found).parameters)[1:]


@pytest.mark.parametrize("word", FORMATS)
def test_a_reader_and_a_writer_take_what_their_row_asks_for(word):
    row = FORMATS[word]
    assert row.word == word
    assert row.read or row.write
    if row.read is not None:
        assert set(row.read_asks) == set(parameters(row.read))
    if row.write is not None:
        content, *more = parameters(row.write)
        assert content == {"photos": "photos", "fit": "fit", "sequence": "fits"}[row.holds]
        assert set(row.write_asks) <= set(more)
    assert {*row.read_asks, *row.write_asks} <= GIVEN


@pytest.mark.parametrize("word", FORMATS)
def test_every_function_that_a_row_names_is_there(word):
    for field in fields(Format):
        value = getattr(FORMATS[word], field.name)
        assert not isinstance(value, Late) or callable(value.found())


def test_what_is_read_and_written_has_words_and_a_suffix():
    assert all(row.reads and row.suffixes for row in formats_read())
    assert all(row.writes and row.suffixes for row in formats_written())
    assert all(row.title and row.write and row.holds != "sequence" for row in FORMATS.values() if row.menu)


def test_the_usual_format_of_a_suffix_is_the_first_that_writes_it():
    usual = {".fitloop": "project", ".json": "coco", ".npz": "spin", ".npy": "spin-fits", ".glb": "mesh"}
    assert {suffix: written_with(suffix).word for suffix in usual} == usual
    assert written_with(".xyz") is None


@pytest.mark.slow
def test_the_table_is_at_hand_without_torch():
    code = "import sys, core.formats.table; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_one_file_and_one_row_make_a_format_known(tmp_path, monkeypatch):
    monkeypatch.setitem(FORMATS, "toy", toy_format.ROW)
    (tmp_path / "people.toy").write_text(toy_format.FIRST_LINE)
    assert recognise(tmp_path / "people.toy") == "toy"
    assert written_with(".toy") is toy_format.ROW
