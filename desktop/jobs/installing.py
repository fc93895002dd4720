"""Installs a detector into the program's own environment with pip, in a child process."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from core.detect.installs import INSTALLS, is_installed, kept_versions
from core.errors import DetectorError
from desktop.jobs.child import LAST_WORDS
from desktop.text.translate import tr

LOOK_EVERY_S = 0.1
LONGEST_END_S = 10.0  # that pip gets to undo what it has begun
# Wheels alone: a source distribution would run its own code, and need a compiler.
PIP = (
    *(sys.executable, "-m", "pip", "install", "--only-binary=:all:"),
    *("--no-input", "--disable-pip-version-check", "--no-cache-dir"),
)


@dataclass(frozen=True)
class Installing:
    """Bytes downloaded so far of about `total`, and what pip printed since the last step."""

    done: int
    total: int
    printed: str = ""


def install_steps(name: str) -> Iterator[Installing]:
    """Install the packages of a detector of INSTALLS. Packages that are there keep their versions.

    Closing it early ends pip, which takes back what it has begun. Raises DetectorError with pip's last words.
    """
    wanted = INSTALLS[name]
    with tempfile.TemporaryDirectory(prefix="fitloop-install-") as scratch:
        kept = Path(scratch, "kept.txt")
        kept.write_text("\n".join(kept_versions()), encoding="utf-8")
        before = 0
        for arguments in wanted.pip:
            command = [*PIP, "--constraint", str(kept), *arguments]
            for step in _run(command, Path(scratch), wanted.package_bytes):
                before = max(before, step.done)
                yield Installing(before, wanted.package_bytes, step.printed)
    if not is_installed(name):
        raise DetectorError(
            tr("pip ended without an error, but {name} is not there.").format(name=wanted.title)
        )
    yield Installing(wanted.package_bytes, wanted.package_bytes)


def _run(command: Sequence[str], scratch: Path, total: int) -> Iterator[Installing]:
    """Run pip and yield while it runs. Its downloads lie in `scratch`, so that their size is the progress."""
    output = _Output()
    child = subprocess.Popen(
        command,
        env=os.environ | {"TMPDIR": str(scratch), "TEMP": str(scratch), "TMP": str(scratch)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    reader = threading.Thread(target=output.read, args=(child.stdout,), name="pip", daemon=True)
    reader.start()
    try:
        while child.poll() is None:
            with suppress(subprocess.TimeoutExpired):
                child.wait(LOOK_EVERY_S)
            yield Installing(min(_bytes_in(scratch), total), total, output.news())
    finally:
        _end(child)
        reader.join(LONGEST_END_S)
        if child.stdout is not None:
            child.stdout.close()
    yield Installing(min(_bytes_in(scratch), total), total, output.news())
    if child.returncode:
        words = tr("pip could not install it (status {status}):\n{output}")
        raise DetectorError(words.format(status=child.returncode, output=output.whole[-LAST_WORDS:].strip()))


def _end(child: "subprocess.Popen[str]") -> None:
    """Interrupt pip, so that it puts replaced packages back; kill it and its children if it does not end."""
    if child.poll() is not None:
        return
    _signal(child, signal.SIGINT)
    with suppress(subprocess.TimeoutExpired):
        child.wait(LONGEST_END_S)
    _signal(child, signal.SIGTERM if os.name != "posix" else signal.SIGKILL)  # also children that stayed
    child.wait()


def _signal(child: "subprocess.Popen[str]", number: int) -> None:
    """Send a signal to the child and all processes that it started."""
    if os.name != "posix":
        child.terminate()
        return
    with suppress(OSError):
        os.killpg(child.pid, number)


class _Output:
    """What a child prints, read in a thread of its own."""

    def __init__(self) -> None:
        self.whole = ""
        self._shown = 0

    def read(self, stream: object) -> None:
        for line in stream:  # type: ignore[attr-defined]
            self.whole += line

    def news(self) -> str:
        """What came since the last call."""
        whole, shown = self.whole, self._shown
        self._shown = len(whole)
        return whole[shown:]


def _bytes_in(folder: Path) -> int:
    """The size of all files in a folder, some of which may go meanwhile."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.stat(os.path.join(place, name)).st_size
    return total
