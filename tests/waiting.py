"""Waits that can end a test: they say what they waited for, and last longer than work does on a busy machine."""

import inspect
import subprocess
import time
from collections.abc import Callable
from typing import Any

LONGEST_S = 300.0  # of anything that is waited for
LONGEST_MS = round(1000 * LONGEST_S)  # as Qt counts
EVERY_S = 0.01


def wait_until(
    condition: Callable[[], object],
    what: str = "",
    process: subprocess.Popen | None = None,
    pause: Callable[[float], object] = time.sleep,
) -> None:
    """Return once the condition holds. Fails with `what` was waited for, by default the condition's own source.

    process: the condition comes from it, so that its end also ends the wait; a wait in vain ends it.
    pause: passes the seconds between two looks, such as an event loop.
    """
    until = time.monotonic() + LONGEST_S
    while not condition():
        ended = process is not None and process.poll() is not None
        if ended and not condition():
            raise AssertionError(
                f"The process ended before: {what or _source(condition)}. {_last_words(process)}"
            )
        if time.monotonic() > until:
            if process is not None:
                process.kill()
            raise AssertionError(f"Waited {LONGEST_S:g} s for: {what or _source(condition)}")
        pause(EVERY_S)


def output_of(process: subprocess.Popen) -> tuple[Any, Any]:
    """What a process that is about to end has written, to its output and its errors. One that does not end is ended."""
    try:
        return process.communicate(timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        process.kill()
        raise AssertionError(f"Waited {LONGEST_S:g} s for the end of: {process.args}") from None


def of_the_window(qtbot: Any) -> Callable[[float], object]:
    """A pause in which the window works."""
    return lambda seconds: qtbot.wait(round(1000 * seconds))


def _source(condition: Callable[[], object]) -> str:
    """The lines that state the condition, in one."""
    return " ".join(inspect.getsource(condition).split())


def _last_words(process: subprocess.Popen) -> str:
    errors = process.stderr.read() if process.stderr else ""
    said = errors if isinstance(errors, str) else errors.decode(errors="replace")
    return f"Exit status {process.returncode}. {said}"
