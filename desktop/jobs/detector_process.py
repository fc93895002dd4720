"""A detector in a child process: its imports, its machine code and its faults never touch the window."""

import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import numpy as np

from core.errors import DetectorError
from core.records import BBox
from desktop.jobs.child import LAST_WORDS, LOOK_EVERY_S, ROOT
from desktop.jobs.worker import is_stopped
from desktop.text.translate import tr

if TYPE_CHECKING:
    from core.detect import Found

LONGEST_S = 120.0  # for one photo, or for loading
END_S = 5.0


class DetectorProcess:
    """A `core.detect.Detector` for whole photos. Raises DetectorError where the detector cannot be loaded."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._errors = TemporaryFile()  # noqa: SIM115
        self._child = subprocess.Popen(
            [sys.executable, "-m", "core.detect.detector_child", name],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
        )
        self._answers: queue.Queue[bytes] = queue.Queue()
        self._writer: threading.Thread | None = None
        self._reader = threading.Thread(target=self._read, name="detector", daemon=True)
        self._reader.start()
        try:
            self._answer()
        except BaseException:
            self.close()
            raise

    def __call__(self, image: np.ndarray, bboxes: Sequence[BBox] | None = None) -> "list[Found]":
        """All people of a photo (H, W, 3) uint8 RGB. bboxes: not offered here."""
        from core.detect.detector_child import unpacked

        assert bboxes is None
        # In a thread: a child that does not read would hold the write, and with it the end of the work.
        self._writer = threading.Thread(target=self._write, args=(image,), name="photo", daemon=True)
        self._writer.start()
        return [unpacked(plain) for plain in self._answer()["found"]]

    def close(self) -> None:
        """End the process."""
        self._child.kill()
        self._child.wait()
        self._reader.join(END_S)
        if self._writer is not None:
            self._writer.join(END_S)
        for stream in (self._child.stdin, self._child.stdout, self._errors):
            if stream is not None:
                with suppress(OSError):  # what was not written yet has nobody to read it
                    stream.close()

    def _write(self, image: np.ndarray) -> None:
        stream = self._child.stdin
        assert stream is not None
        with suppress(OSError):  # the child has ended; the missing answer says so
            stream.write(json.dumps({"shape": image.shape[:2]}).encode() + b"\n")
            stream.write(np.ascontiguousarray(image).data)
            stream.flush()

    def _read(self) -> None:
        stream = self._child.stdout
        assert stream is not None
        for line in iter(stream.readline, b""):
            self._answers.put(line)
        self._answers.put(b"")

    def _answer(self) -> dict[str, Any]:
        line = self._next_line()
        if not line:
            raise self._ended()
        answer = json.loads(line)
        if "error" in answer:
            raise DetectorError(answer["error"])
        return dict(answer)

    def _next_line(self) -> bytes:
        """The next line of the child, b"" after its end. Raises DetectorError after a long wait, or a stop."""
        end = time.monotonic() + LONGEST_S
        while not is_stopped():
            ended = self._child.poll() is not None
            with suppress(queue.Empty):
                return self._answers.get(timeout=LOOK_EVERY_S)
            if ended:  # and a process that it started keeps the pipe open
                return b""
            if time.monotonic() >= end:
                words = tr("{name} gave no answer for {seconds} seconds.")
                raise DetectorError(words.format(name=self.name, seconds=round(LONGEST_S)))
        raise DetectorError(tr("{name} was stopped.").format(name=self.name))

    def _ended(self) -> DetectorError:
        """The error of a process that ended by itself, with its last words."""
        self._errors.seek(0)
        output = self._errors.read().decode(errors="replace").strip()[-LAST_WORDS:]
        return DetectorError(tr("{name} ended unexpectedly. {output}").format(name=self.name, output=output))
