"""A few of the kills of `python -m tests.stress.kill_commits`, which makes 300 in a run of its own."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import LONGEST_S

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[4]


@pytest.mark.skipif(sys.platform == "win32", reason="the writers are forked")
def test_what_was_committed_survives_a_kill_at_any_moment():
    done = subprocess.run(
        [sys.executable, "-m", "tests.stress.kill_commits", "--times", "15"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("15 kills") == 2
