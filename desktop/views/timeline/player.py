"""Plays a sequence in real time: photos that are not read and drawn in time are skipped."""

import time

from PySide6.QtCore import QObject, QTimer

from desktop.jobs.files.photos import Photos
from desktop.model.workbench import Workbench

LEAST_MS = 10


class Player(QObject):
    """Shows one photo after the other while the view says `playing`."""

    def __init__(self, workbench: Workbench, photos: Photos, parent: QObject) -> None:
        super().__init__(parent)
        self._workbench, self._photos = workbench, photos
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._tick)
        self._started, self._from, self._next = 0.0, 0, 0
        workbench.view_changed.connect(self._look)
        workbench.sequence.changed.connect(self._look)

    def stop(self) -> None:
        """Stop, before the window closes."""
        self._timer.stop()

    def _look(self) -> None:
        sequence, playing = self._workbench.sequence, self._workbench.view.playing
        if playing and not sequence.there:
            self._workbench.change_view(playing=False)
        elif playing and not self._timer.isActive():
            place = sequence.place or 0
            self._from = 0 if place >= len(sequence.photo_ids) - 1 else place  # at the end: play it again
            self._next, self._started = self._from, time.monotonic()
            self._timer.start(max(LEAST_MS, round(1000 / float(sequence.rate))))
        elif not playing:
            self._timer.stop()

    def _tick(self) -> None:
        """Show the photo that is due, once it is read; else the one that is being read."""
        sequence = self._workbench.sequence
        last = len(sequence.photo_ids) - 1
        passed = (time.monotonic() - self._started) * float(sequence.rate)
        photo = sequence.photo_at(self._next)
        project = self._workbench.project
        if photo is None or project is None or self._workbench.previewing:  # a hand edits the photo shown
            self._workbench.change_view(playing=False)
            return
        if self._photos.get(project.folder / photo.path, (photo.width, photo.height)) is None:
            return
        sequence.show(self._next)
        if self._next >= last:
            self._workbench.change_view(playing=False)
            return
        self._next = min(max(self._next + 1, self._from + round(passed) + 1), last)
        ahead = sequence.photo_at(self._next)
        if ahead is not None:
            self._photos.get(project.folder / ahead.path, (ahead.width, ahead.height))
