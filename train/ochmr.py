"""Train OCHMR's network of crowds, from SPIN's weights: python -m train.ochmr --fits curated.npz --guess SPIN"""

from __future__ import annotations

import sys

from train.methods.ochmr.method import METHOD
from train.run.training import run_command


def main(arguments: list[str] | None = None) -> int:
    """The command. Returns its exit code."""
    return run_command(METHOD, arguments)


if __name__ == "__main__":
    sys.exit(main())
