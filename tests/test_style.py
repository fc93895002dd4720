"""One style, and types that agree: ruff over everything, mypy over core, train and desktop."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


def complaints_of(*command: str) -> str:
    """What a checker says, empty when it has nothing to say."""
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_code_is_formatted():
    assert complaints_of("ruff", "format", "--check", "--quiet", ".") == ""


def test_the_code_passes_the_linter():
    assert complaints_of("ruff", "check", "--quiet", ".") == ""


def test_the_types_of_core_train_and_desktop_agree():
    assert complaints_of("mypy", "--no-error-summary") == ""
