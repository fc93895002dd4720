"""One guard around each method of ours that Qt calls: an exception in it is told, and the window goes on.

Qt is C++ and knows no exceptions. A painter that an exception leaves behind in a stack frame goes on painting, and Qt
then ends the process; so the frames are cleared before Qt goes on.
"""

import sys
import time
import traceback
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

QUIET_S = 30.0  # a fault is told again after this: a paint event may repeat it 60 times a second

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

_told: dict[tuple[str, int, str], float] = {}


def _nothing() -> Any:
    return None


def qt_override(
    otherwise: Callable[[], Any] = _nothing,
) -> Callable[[Callable[Arguments, Result]], Callable[Arguments, Result]]:
    """A decorator for a method that overrides one of Qt's. otherwise: makes the result where the method fails."""

    def guarded(method: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
        @wraps(method)
        def called(*arguments: Arguments.args, **named: Arguments.kwargs) -> Result:
            try:
                return method(*arguments, **named)
            except Exception as error:
                _tell(error)
                return otherwise()  # type: ignore[no-any-return]

        called.is_guarded = True  # type: ignore[attr-defined]
        return called

    return guarded


def _tell(error: Exception) -> None:
    trace = error.__traceback__
    last = traceback.extract_tb(trace)[-1]
    place = (last.filename, last.lineno or 0, type(error).__name__)
    now = time.monotonic()
    if now - _told.get(place, -QUIET_S) >= QUIET_S:
        _told[place] = now
        sys.excepthook(type(error), error, trace)
    traceback.clear_frames(trace)
