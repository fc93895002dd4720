"""The keypoint names of other programs are understood where they can mean one thing."""

import pytest

from core.body.keypoints import layout
from core.formats.shared.layout_match import match, plain_name


@pytest.mark.parametrize(
    "name", ["LBigToe", "left_big_toe", "leftBigToe", "l-big-toe", "L Big Toe", "Left bigtoe", "l_bigToe"]
)
def test_a_side_is_understood_however_it_is_written(name):
    assert plain_name(name) == "left_big_toe"


@pytest.mark.parametrize("name", ["Rear", "LEFT", "Lear", "RE", "nose", "Neck"])
def test_a_letter_that_begins_a_word_is_no_side(name):
    assert plain_name(name) == name.lower()


def test_openpose_s_own_names_are_its_layout():
    ours = layout("openpose25").keypoints
    theirs = [
        "".join({"left": "L", "right": "R"}.get(word, word.capitalize()) for word in name.split("_"))
        for name in ours
    ]
    assert theirs[2] == "RShoulder"
    found = match(theirs)
    assert found is not None
    assert (found.layout, found.unknown) == ("openpose25", ())
