"""Asks how people's motion is to be written: for which programs, where it takes place, at which rate."""

from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QDoubleSpinBox,
    QFormLayout,
    QLabel,
    QVBoxLayout,
    QWidget,
)

from core.formats.motion.motion_options import MotionOptions
from core.formats.table import FORMATS
from desktop.jobs.files.save_motion import MOTION_KINDS, MotionChoice
from desktop.text.translate import QT_TR_NOOP, tr
from desktop.views.plain_buttons import without_icons

WIDTH_PX, GAP_PX = 420, 12
RATES = 1.0, 1000.0  # photos a second
USES = {
    "bvh": QT_TR_NOOP("Blender, Maya and MotionBuilder read it: a skeleton in centimetres."),
    "animation": QT_TR_NOOP(
        "Blender, Unreal, Unity and web viewers read it: the body with its skin, in metres."
    ),
    "amass": QT_TR_NOOP("For research on motion: SMPL-H's joints, z up."),
    "amass-smplx": QT_TR_NOOP("For Blender's SMPL-X add-on: 55 joints, the mean shape."),
}
OPTIONS = {
    "floor": QT_TR_NOOP("Put the lowest point on the &floor"),
    "start_at_origin": QT_TR_NOOP("Begin at the &origin"),
    "in_place": QT_TR_NOOP("Stay in &place"),
    "t_pose": QT_TR_NOOP("Begin with a &T-pose"),
}


class MotionDialog(QDialog):
    """Emits `chosen` with a MotionChoice. track: of the selected person; None where it has none."""

    chosen = Signal(object)

    def __init__(self, choice: MotionChoice, track: int | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._track = track
        self.setWindowTitle(tr("Export motion"))
        self.setMinimumWidth(WIDTH_PX)
        self.kind = QComboBox()
        for word in MOTION_KINDS:
            self.kind.addItem(tr(FORMATS[word].title), word)
        self.use = QLabel()
        self.use.setWordWrap(True)
        self.kind.currentIndexChanged.connect(self._show_use)
        self.whose = QCheckBox(tr("Only the selected person's trac&k"))
        self.whose.setEnabled(track is not None)
        self.rate = QDoubleSpinBox(minimum=RATES[0], maximum=RATES[1], decimals=3)
        self.rate.setSuffix(tr(" photos a second"))
        self.options = {name: QCheckBox(tr(words)) for name, words in OPTIONS.items()}
        self.fill = QCheckBox(tr("Fill &missing frames from their neighbours"))
        self._arrange()
        self._show(choice)

    def choice(self) -> MotionChoice:
        """What is chosen now."""
        places = {name: box.isChecked() for name, box in self.options.items()}
        options = MotionOptions(self.rate.value(), **places)
        track = self._track if self.whose.isChecked() else None
        return MotionChoice(self.kind.currentData(), options, track, self.fill.isChecked())

    def _arrange(self) -> None:
        form = QFormLayout()
        form.setVerticalSpacing(GAP_PX)
        form.addRow(tr("&Format"), self.kind)
        form.addRow("", self.use)
        form.addRow(tr("&Rate"), self.rate)
        buttons = QDialogButtonBox()
        accept = buttons.addButton(tr("&Choose the file…"), QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        without_icons(buttons)
        accept.setDefault(True)
        buttons.accepted.connect(self._choose)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        for box in (*self.options.values(), self.fill, self.whose):
            column.addWidget(box)
        column.addSpacing(GAP_PX)
        column.addWidget(buttons)

    def _show(self, choice: MotionChoice) -> None:
        self.kind.setCurrentIndex(MOTION_KINDS.index(choice.kind))
        self.rate.setValue(choice.options.frame_rate)
        for name, box in self.options.items():
            box.setChecked(getattr(choice.options, name))
        self.fill.setChecked(choice.fill)
        self._show_use()

    def _show_use(self) -> None:
        self.use.setText(tr(USES[self.kind.currentData()]))

    def _choose(self) -> None:
        self.accept()
        self.chosen.emit(self.choice())


def without_track(choice: MotionChoice) -> MotionChoice:
    """The choice for the next time: a track is of one project alone."""
    return replace(choice, track=None)
