"""Train the image network in SPIN's loop, on fits that a human corrected: python -m train.spin --fits curated.npz"""

from __future__ import annotations

import sys

from train.methods.spin.method import METHOD
from train.run.training import run_command


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    return run_command(METHOD, arguments)


if __name__ == "__main__":
    sys.exit(main())
