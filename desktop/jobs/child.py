"""A command of `train` in a process of its own: what it computes never holds up the window."""

import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOOK_EVERY_S = 0.1
LAST_WORDS = 400  # characters of what a child said before it failed


def run_child(module: str, arguments: Sequence[str]) -> Generator[None, None, tuple[int, str]]:
    """Yields while it runs. Returns its status, and what it said; a generator that is closed ends the child."""
    command = [sys.executable, "-m", module, *arguments]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while True:
            try:
                said, _ = child.communicate(timeout=LOOK_EVERY_S)
                return child.returncode, said.strip()
            except subprocess.TimeoutExpired:
                yield
    finally:
        if child.poll() is None:  # cancelled
            child.kill()
            child.communicate()
