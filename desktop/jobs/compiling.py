"""Machine code for fits and guesses, compiled in a process of its own: python -m desktop.jobs.compiling.

Making it holds Python's lock for parts of a second again and again, half a minute long: the window would stutter.
"""

import logging
import os
from collections.abc import Iterator

from core import fitting, networks
from core.compute.machine_code import made_before, remember_made
from desktop.jobs.child import LAST_WORDS, run_child
from desktop.jobs.device import CPU, lifter_on

log = logging.getLogger(__name__)

NICER = 10  # whoever has just installed it wants to look around meanwhile


def ready_steps() -> Iterator[None]:
    """Yields while it is made; read, it takes a moment. What a child did not make is made here."""
    if not made_before():
        status, said = yield from run_child("desktop.jobs.compiling", [])
        if status:
            log.warning("machine code was not made beside the window: %s", said[-LAST_WORDS:])
    make_ready()
    remember_made()


def make_ready() -> None:
    """Make or read all of it."""
    fitting.warm_up()
    networks.warm_up(lifter_on(CPU))


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICER)
    make_ready()
