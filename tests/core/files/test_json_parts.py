"""JSON in parts is JSON as one."""

import json

import pytest

from core.files.json_parts import json_parts


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"ver": 1.5, "data": []},
        {
            "info": {"description": 'é "quoted"'},
            "images": [{"id": 1}, {"id": 2}],
            "none": None,
            "list": [[1, [2]]],
        },
    ],
)
def test_the_parts_put_together_are_what_json_writes_at_once(document):
    assert b"".join(json_parts(document)) == json.dumps(document).encode()


def test_a_number_that_is_not_finite_is_refused():
    with pytest.raises(ValueError):
        list(json_parts({"data": [{"score": float("nan")}]}))
