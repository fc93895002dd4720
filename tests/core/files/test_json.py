"""How JSON of unknown origin is read."""

import gc
import json
from pathlib import Path

import pytest

from core.errors import ReadError
from core.files.untrusted import point, read_json
from core.files.unusable import Unusable


@pytest.mark.parametrize("collects", [True, False])
@pytest.mark.parametrize("text", ['{"a": [1, 2]}', '{"a": [1, 2'])
def test_reading_leaves_pythons_collection_as_it_was(tmp_path: Path, collects: bool, text: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(text)
    was_on = gc.isenabled()
    (gc.enable if collects else gc.disable)()
    try:
        if text.endswith("}"):
            assert read_json(file) == json.loads(text)
        else:
            with pytest.raises(ReadError, match="cut off"):
                read_json(file)
        assert gc.isenabled() == collects
    finally:
        (gc.enable if was_on else gc.disable)()


def test_a_point_is_two_numbers() -> None:
    assert point([1, 2.5]) == (1.0, 2.5)


@pytest.mark.parametrize(
    "value", [None, 5, "ab", [1], [1, 2, 3], [1, None], ["1", 2], [True, 1], [[1], 2], [float("nan"), 1], [1, 10**30]]
)  # fmt: skip
def test_a_point_that_is_none_is_refused(value: object) -> None:
    with pytest.raises(Unusable):
        point(value)
