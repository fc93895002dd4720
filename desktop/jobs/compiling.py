"""Compile the machine code of fits and guesses in a child process: python -m desktop.jobs.compiling.

The compiler holds Python's lock for parts of a second, for half a minute. In the window's process it would stutter.
"""

import logging
import os
from collections.abc import Iterator

from core import fitting, networks
from core.body import normals
from core.compute.machine_code import made_before, remember_made
from desktop.jobs.child import LAST_WORDS, run_child
from desktop.jobs.device import CPU, lifter_on

log = logging.getLogger(__name__)

NICER = 10  # lower priority: new users look around the window meanwhile


def ready_steps() -> Iterator[None]:
    """Compile in a child process, and yield meanwhile. Later starts load the cache.

    If the child fails, this thread compiles.
    """
    if not made_before():
        status, said = yield from run_child("desktop.jobs.compiling", [])
        if status:
            log.warning("machine code: the child process failed to compile it: %s", said[-LAST_WORDS:])
    make_ready()
    remember_made()


def make_ready() -> None:
    """Compile all machine code, or load it from the cache."""
    normals.warm_up()
    fitting.warm_up()
    networks.warm_up(lifter_on(CPU))


if __name__ == "__main__":
    if hasattr(os, "nice"):
        os.nice(NICER)
    make_ready()
