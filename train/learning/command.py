"""How a command ends: what its user can mend is one line, and to be asked to stop is no error."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

from core.errors import FitloopError

INTERRUPTED = 130  # exit code, as a shell's after Ctrl-C


def run_to_end(work: Callable[[], int], stopped: str = "Stopped.") -> int:
    """Do a command's work. Returns its exit code: what the work says, 1 for input that cannot be used, INTERRUPTED when
    it was asked to stop, by Ctrl-C or as a cluster ends its jobs. stopped: what is said then."""
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _stop) if in_main else None
    try:
        return work()
    except KeyboardInterrupt:
        print(stopped, end="\n" if stopped else "", file=sys.stderr)
        return INTERRUPTED
    except (FitloopError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    """A cluster ends its jobs as a person would."""
    raise KeyboardInterrupt
