"""The loop of a training and the stores of people name no method and no network."""

import re
from pathlib import Path

import pytest

from core.methods import method_rows

ROOT = Path(__file__).parents[1]
ROOMS = ("train/run", "core/store")
# Words of the two tables, and of what belongs to one network or one method alone.
WORDS = {
    *(word for row in method_rows() for word in (row.name, row.network, *row.title.lower().split())),
    *("spin", "lifter", "ochmr", "posenet", "openpose", "resnet", "backbone"),
}


def words_of(source: str) -> set[str]:
    """The words that names, strings and comments are made of: SpinNetwork → spin, network; spin49 → spin."""
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", source)
    return {part.lower() for part in parts}


@pytest.mark.parametrize("room", ROOMS)
def test_no_file_of_these_rooms_names_a_method_or_a_network(room):
    named = {
        str(file.relative_to(ROOT)): sorted(words_of(file.read_text(encoding="utf-8")) & WORDS)
        for file in (ROOT / room).rglob("*.py")
    }
    assert {file: words for file, words in named.items() if words} == {}


@pytest.mark.parametrize(
    "source",
    ["from core.networks.spin import x", "SpinNetwork", "layout == 'spin49'", "# as SPIN's", "start_spin()"],
)
def test_a_name_is_found_however_it_is_written(source):
    assert "spin" in words_of(source)
