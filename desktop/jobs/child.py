"""Runs a command in a child process, so that its work never blocks the window."""

import subprocess
import sys
from collections.abc import Generator, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOOK_EVERY_S = 0.1
LAST_WORDS = 400  # last characters of a failed child's output that are shown


def run_child(module: str, arguments: Sequence[str]) -> Generator[None, None, tuple[int, str]]:
    """Run a module as a child process, and yield while it runs. Returns its exit status and its output.

    Closing the generator kills the child.
    """
    command = [sys.executable, "-m", module, *arguments]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        while True:
            try:
                output, _ = child.communicate(timeout=LOOK_EVERY_S)
                return child.returncode, output.strip()
            except subprocess.TimeoutExpired:
                yield
    finally:
        if child.poll() is None:  # cancelled
            child.kill()
            child.communicate()
