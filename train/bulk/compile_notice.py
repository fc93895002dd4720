"""Have fits ready, and say so where a command waits for it."""

from __future__ import annotations

import sys
import threading

from core import fitting, networks

SAID_AFTER_S = 3.0
FUSED = (
    "The first steps compile the fits for this GPU: about a minute after an installation, then ten seconds."
)


def ready_to_fit(device: str) -> None:
    """Make or read the machine code of fits and of the guesses they start from; those of a GPU need none."""
    if device != "cpu":
        return
    text = "Compiling the fits for this processor, once after an installation: about half a minute."
    notice = threading.Timer(SAID_AFTER_S, print, [text], {"file": sys.stderr, "flush": True})
    notice.start()
    try:
        warm_up()
    finally:
        notice.cancel()
        notice.join()


def ready_to_train(device: str) -> None:
    """The same for fits in the loop, whose recordings on a GPU (core/compute/cuda_graphs.py) are compiled with the
    first batch."""
    ready_to_fit(device)
    if device == "cuda":
        print(FUSED, file=sys.stderr, flush=True)


def warm_up() -> None:
    """All that is compiled."""
    fitting.warm_up()
    networks.warm_up(networks.load_lifter())
