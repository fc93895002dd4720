"""What an install of a detector brings, and what it leaves alone."""

import importlib.metadata
import sys
from pathlib import Path

import pytest
import tomllib

from core.detect import DETECTORS
from core.detect.installs import INSTALLS, is_installed, kept_versions

ROOT = Path(__file__).parents[3]


def test_the_buttons_install_what_the_extras_of_the_package_say():
    if sys.version_info < (3, 11):
        pytest.skip("needs tomllib")
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"][
        "optional-dependencies"
    ]
    assert set(INSTALLS) == set(DETECTORS)
    assert list(INSTALLS["mediapipe"].pip[0]) == extras["detect-mediapipe"]
    assert list(INSTALLS["rtmpose"].pip[0]) == extras["detect-rtmpose"]
    assert "--no-deps mediapipe==0.10.21" in (ROOT / "scripts" / "test_detect.sh").read_text(encoding="utf-8")


def test_no_install_changes_the_packages_that_the_program_needs():
    kept = kept_versions()
    for name in ("numpy", "opencv-python", "torch", "PySide6_Essentials"):
        version = importlib.metadata.version(name)
        assert any(line.lower().replace("_", "-").endswith(f"=={version}") for line in kept), name
    assert not any(line.lower().startswith("protobuf==") for line in kept)


def test_half_an_install_is_none(tmp_path, monkeypatch):
    """A killed pip leaves the package's files without its record, and the other way round."""
    monkeypatch.syspath_prepend(str(tmp_path))
    if is_installed("mediapipe"):
        pytest.skip("mediapipe is installed here")
    (tmp_path / "mediapipe").mkdir()
    (tmp_path / "mediapipe" / "__init__.py").touch()
    assert not is_installed("mediapipe")
    record = tmp_path / "mediapipe-0.10.21.dist-info"
    record.mkdir()
    (record / "METADATA").write_text("Metadata-Version: 2.1\nName: mediapipe\nVersion: 0.10.21\n")
    assert is_installed("mediapipe")
