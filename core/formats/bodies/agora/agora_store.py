"""The files of AGORA's predictions, in a folder or in the zip for its server, by photo; each is read when asked for."""

from __future__ import annotations

import zipfile
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from core.errors import PickleRefused, ReadError
from core.files.pickles.reader import load_pickle
from core.files.regular import open_regular
from core.files.unusable import Unusable, read_error
from core.formats.bodies.agora.agora_prediction import AgoraPrediction, photo_of, prediction_from
from core.formats.shared.report import MAX_PEOPLE

MEMBERS = "predictions"  # the folder inside a zip
_MOST_BYTES = 64 * 2**20  # of one person


@dataclass(frozen=True, eq=False)
class PredictionStore:
    """by_photo: the files of each photo, in the order of their names, in which person 10 comes before person 2.
    unnamed: files whose names are of no photo; twice: two files of one person's number."""

    path: Path
    by_photo: dict[str, tuple[str, ...]]
    unnamed: tuple[str, ...]
    twice: tuple[str, ...]

    def read(self, name: str) -> AgoraPrediction:
        """The person of a file. Raises Unusable with what is wrong, and ReadError for a zip that cannot be read."""
        try:
            data = self._zipped(name) if self.path.is_file() else self.path / name
            return prediction_from(load_pickle(data))
        except PickleRefused as refused:
            raise Unusable(str(refused)) from None

    def _zipped(self, name: str) -> bytes:
        try:
            with open_regular(self.path) as stream, zipfile.ZipFile(stream) as archive:
                info = archive.getinfo(f"{MEMBERS}/{name}")
                if info.file_size > _MOST_BYTES:
                    raise Unusable(f"it is longer than {_MOST_BYTES >> 20} MB")
                with archive.open(info) as member:
                    return member.read(_MOST_BYTES)
        except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
            raise read_error(self.path, f"{name} cannot be read: {error}", "Pack it again.") from error


def open_predictions(path: Path) -> PredictionStore:
    """The files in a folder, or in `predictions/` of a zip. Raises ReadError where there is none."""
    files = sorted(_names_in(path))
    if not files:
        inside = f"{MEMBERS}/ of it" if path.is_file() else "it"
        raise read_error(path, f"no .pkl lies in {inside}", "Choose the folder or zip of predictions.")
    if len(files) > MAX_PEOPLE:
        raise read_error(path, f"more than {MAX_PEOPLE} files", "Split the folder.")
    by_photo: dict[str, list[str]] = defaultdict(list)
    numbers: set[tuple[str, str]] = set()
    unnamed, twice = [], []
    for file in files:
        named = photo_of(PurePosixPath(file).stem)
        if named is None:
            unnamed.append(file)
            continue
        photo, number = named
        number = number.lstrip("0") if number.isdigit() else number
        twice += [file] if (photo, number) in numbers else []
        numbers.add((photo, number))
        by_photo[photo].append(file)
    return PredictionStore(
        path, {photo: tuple(names) for photo, names in by_photo.items()}, tuple(unnamed), tuple(twice)
    )


def _names_in(path: Path) -> list[str]:
    if path.is_dir():
        return [file.name for file in path.glob("*.pkl")]
    try:
        with open_regular(path) as stream, zipfile.ZipFile(stream) as archive:
            names = [PurePosixPath(name) for name in archive.namelist()]
    except OSError as error:
        raise read_error(path, f"it cannot be read: {error.strerror}", "Check the path.") from error
    except (zipfile.BadZipFile, NotImplementedError) as error:
        raise ReadError(
            f"{path}: neither a folder nor a zip. Choose the folder or zip of predictions."
        ) from error
    return [name.name for name in names if str(name.parent) == MEMBERS and name.suffix == ".pkl"]
