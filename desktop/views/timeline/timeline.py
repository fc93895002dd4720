"""The timeline below the photo: what is shown in words, buttons to play and step, and the lanes."""

from collections.abc import Mapping

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.jobs.files.photos import Photos
from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.views.plain_buttons import flat_buttons
from desktop.views.timeline.lanes_view import LanesView
from desktop.views.timeline.player import Player

ABOUT_PX = 148
BUTTONS = ("person.last_photo", "sequence.play", "person.next_photo")


class Timeline(QWidget):
    """Visible while the photos are a sequence and a photo is shown."""

    def __init__(self, workbench: Workbench, photos: Photos, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._workbench, self._on_page = workbench, False
        self.lanes = LanesView(workbench)
        self.player = Player(workbench, photos, self)
        self.time, self.rate = QLabel(), QLabel()
        self.lanes.play_asked.connect(actions["sequence.play"].trigger)
        self._lay_out(actions)
        workbench.photo_changed.connect(self._tell)
        workbench.sequence.changed.connect(self._dress)
        workbench.view_changed.connect(self._dress)
        self._dress()

    def allow(self, on_page: bool) -> None:
        """Show the timeline only while the photo is shown."""
        self._on_page = on_page
        self._dress()

    def stop(self) -> None:
        """End playing and the timers, before the window closes."""
        self.player.stop()
        self.lanes.stop()

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        about = QWidget()
        about.setFixedWidth(ABOUT_PX)
        column = QVBoxLayout(about)
        column.setContentsMargins(8, 2, 8, 2)
        column.setSpacing(1)
        column.addWidget(self.time)
        column.addWidget(self.rate)
        column.addLayout(flat_buttons(actions, BUTTONS))
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(about)
        row.addWidget(self.lanes, 1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def _dress(self) -> None:
        self.setVisible(self._on_page and self._workbench.sequence.there and self._workbench.view.timeline)
        self._tell()

    def _tell(self) -> None:
        sequence = self._workbench.sequence
        place, rate = sequence.place, float(sequence.rate)
        count = len(sequence.photo_ids)
        words = (
            ""
            if place is None
            else tr("{time} · {number} of {all}").format(
                time=clock(place / rate), number=place + 1, all=count
            )
        )
        self.time.setText(words)
        self.rate.setText(tr("{rate} a second").format(rate=f"{rate:.2f}".rstrip("0").rstrip(".")))


def clock(seconds: float) -> str:
    """A time as m:ss.t, with hours where there are any."""
    tenths = int(seconds * 10 + 1e-6)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    start = f"{hours}:{minutes:02}" if hours else f"{minutes}"
    return f"{start}:{rest // 10:02}.{rest % 10}"
