"""A file of no format: the message says what it is instead."""

import cv2
import numpy as np
import pytest

from core.errors import ReadError
from core.formats.recognise import recognise

PHOTOS = {
    ending: bytes(cv2.imencode(ending, np.zeros((8, 8, 3), np.uint8))[1])
    for ending in (".jpg", ".png", ".bmp", ".tiff", ".webp")
}


def told(tmp_path, name, data):
    file = tmp_path / name
    file.write_bytes(data)
    with pytest.raises(ReadError) as error:
        recognise(file)
    return str(error.value)


def test_an_empty_file_text_that_is_no_json_and_a_photo_get_three_texts(tmp_path):
    data = {"empty.json": b"", "letter.json": b"Dear reader", "photo.json": PHOTOS[".jpg"]}
    texts = [told(tmp_path, name, content).partition(":")[2] for name, content in data.items()]
    assert len({text.split(".")[0] for text in texts}) == 3
    assert "empty" in texts[0]
    assert "not JSON" in texts[1]
    assert "photo" in texts[2]


@pytest.mark.parametrize("ending", PHOTOS)
@pytest.mark.parametrize("name", ["people.json", "people", "people.txt"])
def test_a_photo_is_called_a_photo_whatever_its_name(tmp_path, ending, name):
    assert "this is a photo" in told(tmp_path, name, PHOTOS[ending])


@pytest.mark.parametrize("name", ["a.json", "a.txt", "a.npz", "a.pkl", "a.xml", "a.mat", "a"])
def test_an_empty_file_is_called_empty_whatever_its_name(tmp_path, name):
    assert "the file is empty" in told(tmp_path, name, b"")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b" \n \n", "blanks"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 12\n", "git lfs pull"),
        (b"\0\0\0\x18ftypmp42" + bytes(40), "video"),
        (b"\0\0\0\x18ftypheic" + bytes(40), "photo"),
        (b"\x1f\x8b" + bytes(40), "packed"),
        (b"{}", "JSON has no people"),
    ],
)
def test_other_content_is_called_by_its_name(tmp_path, data, words):
    assert words in told(tmp_path, "people.json", data)
