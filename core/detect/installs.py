"""What each detector needs besides the program, and the pip commands that install it into the same environment."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
from dataclasses import dataclass

REPLACED = {
    "protobuf"
}  # the only package that an install may replace: mediapipe's compiled part is of version 4


@dataclass(frozen=True)
class Install:
    """A detector's packages. pip: the arguments of each `pip install` in turn; the package itself comes last, so that
    an interrupted install does not look like a whole one.

    module: what is imported of it. package_bytes: about what pip downloads; weights_bytes: what the first use adds.
    """

    title: str
    module: str
    pip: tuple[tuple[str, ...], ...]
    package_bytes: int
    weights_bytes: int = 0


INSTALLS = {
    "rtmpose": Install("RTMPose", "onnxruntime", (("onnxruntime>=1.18",),), 28_000_000, 146_312_603),
    "mediapipe": Install(
        "MediaPipe",
        "mediapipe",
        (
            ("protobuf>=4.25.3,<5", "flatbuffers>=2", "attrs>=19.1", "absl-py>=1", "matplotlib>=3.8"),
            (
                "--no-deps",
                "mediapipe==0.10.21",
            ),  # its wheel declares numpy<2, though it works with newer ones
        ),
        61_000_000,
    ),
}


def is_installed(name: str) -> bool:
    """Whether a detector's package is there, without importing it: a whole one, as pip says."""
    importlib.invalidate_caches()
    module = INSTALLS[name].module
    try:
        importlib.metadata.distribution(module)
    except importlib.metadata.PackageNotFoundError:
        return False
    return importlib.util.find_spec(module) is not None


def kept_versions() -> list[str]:
    """The installed packages as pip's constraints: an install changes none of them, but for REPLACED."""
    found = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return sorted(f"{name}=={version}" for name, version in found.items() if name and name not in REPLACED)


def words_of(name: str) -> str:
    """How to install a detector by hand."""
    lines = " and then ".join(
        "python -m pip install "
        + " ".join(f'"{word}"' if "<" in word or ">" in word else word for word in step)
        for step in INSTALLS[name].pip
    )
    return f"Install it with: {lines}"
