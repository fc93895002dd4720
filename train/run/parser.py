"""The options of a command, and its end.

A fault that the user can mend is one line. A request to stop is no error.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

from core.errors import FitloopError, Undecided

INTERRUPTED = 130  # exit code, as a shell's after Ctrl-C


class CommandLine(argparse.ArgumentParser):
    """The options of `python -m MODULE`. Its help tells what each of them is by default."""

    def __init__(self, module: str, description: str | None, **more: Any) -> None:
        as_written = argparse.RawDescriptionHelpFormatter
        super().__init__(f"python -m {module}", description=description, formatter_class=as_written, **more)

    def add_argument(self, *names: Any, **about: Any) -> argparse.Action:
        action = super().add_argument(*names, **about)
        if action.help is not argparse.SUPPRESS:
            action.help = with_default(action.help or "", action.default)
        return action

    def refuse(self, given: argparse.Namespace, names: Iterable[str], why: str) -> None:
        """End with an error where any of these options was given."""
        strange = [
            f"--{name.replace('_', '-')}" for name in names if getattr(given, name) != self.get_default(name)
        ]
        if strange:
            self.error(f"{', '.join(strange)}: {why}")


def with_default(words: str, default: object) -> str:
    """Help of an option, and what it is by default where the words do not say so themselves."""
    if "default" in words or default in (None, "", (), [], argparse.SUPPRESS) or isinstance(default, bool):
        return words
    shown = " ".join(map(str, default)) if isinstance(default, list | tuple) else str(default)
    return "; ".join(filter(None, [words, f"by default {shown.replace('%', '%%')}"]))


def check_output(path: Path, endings: tuple[str, ...] = (), makes_folder: bool = True) -> None:
    """Called before any work: raises FitloopError for a file that could not be written after it. endings: those that
    it may have, in small letters; empty for any. makes_folder: whether its folder is made where there is none."""
    if endings and path.suffix.lower() not in endings:
        raise FitloopError(f"{path}: cannot be written. Choose a name that ends in {' or '.join(endings)}.")
    if path.is_dir():
        raise FitloopError(f"{path}: is a folder. Choose the name of a file.")
    above = path.absolute().parents
    folder = next(one for one in above if one.exists())
    if folder != above[0] and not makes_folder:
        raise FitloopError(f"{path}: its folder is not there. Make it, or choose another.")
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        raise FitloopError(f"{path}: nothing can be written in {folder}. Choose another folder.")


def run_to_end(work: Callable[[], int], stopped: str = "Stopped.") -> int:
    """Do a command's work. Returns its exit code: the work's own, 1 for input that cannot be used, INTERRUPTED when
    it was asked to stop, by Ctrl-C or as a cluster ends its jobs. stopped: the message then."""
    in_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, _stop) if in_main else None
    try:
        return work()
    except KeyboardInterrupt:
        print(stopped, end="\n" if stopped else "", file=sys.stderr)
        return INTERRUPTED
    except Undecided as error:
        print(f"{error}\nGive {error.flag} with one of these words.", file=sys.stderr)
        return 1
    except (FitloopError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        if in_main:
            signal.signal(signal.SIGTERM, before)


def _stop(number: int, frame: FrameType | None) -> None:
    """A cluster ends its jobs as a person would."""
    raise KeyboardInterrupt
