"""How much work something is, on any machine and in any of its minutes."""

import time
from collections.abc import Callable

MILLION = 1_000_000


def millions_of_steps(work: Callable[[], object]) -> float:
    """The processor's time for `work`, in that for a million steps of a plain loop just before it."""
    before = time.process_time()
    for _ in range(MILLION):
        pass
    between = time.process_time()
    work()
    return (time.process_time() - between) / (between - before)
