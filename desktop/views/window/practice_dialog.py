"""Asks what is practised: against which network, which kinds of failing, how many composites."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from desktop.jobs.training.practising import KINDS, PracticeChoice
from desktop.text.translate import QT_TR_NOOP, tr
from desktop.views.plain_buttons import without_icons

WIDTH_PX = 420
MOST = 100_000
KIND_WORDS = {
    "occlusion": QT_TR_NOOP("People &hidden by others"),
    "crop": QT_TR_NOOP("People cut by the photo's &edge"),
    "scale": QT_TR_NOOP("&Small and large people"),
    "crowd": QT_TR_NOOP("C&rowds"),
}


class PracticeDialog(QDialog):
    """Emits `chosen` with a PracticeChoice. runs: folders of runs to choose from, at least one."""

    chosen = Signal(object)

    def __init__(self, runs: list[Path], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Practise what fails"))
        self.setMinimumWidth(WIDTH_PX)
        self.target = QComboBox()
        for run in runs:
            self.target.addItem(run.name, str(run))
        self.kinds = {kind: QCheckBox(tr(KIND_WORDS[kind])) for kind in KINDS}
        self.count = QSpinBox()
        self.count.setRange(1, MOST)
        self.count.setValue(PracticeChoice.count)
        form = QFormLayout()
        form.addRow(tr("&Network"), self.target)
        form.addRow(tr("&Composites"), self.count)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self.make = self._buttons.addButton(tr("&Make them"), QDialogButtonBox.ButtonRole.AcceptRole)
        without_icons(self._buttons)
        self._buttons.accepted.connect(self._choose)
        self._buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(form)
        for box in self.kinds.values():
            box.setChecked(True)
            box.toggled.connect(self._allow)
            column.addWidget(box)
        column.addWidget(self._buttons)
        self.make.setDefault(True)  # in the dialog; before, it would lose that to the first button

    def choice(self) -> PracticeChoice:
        """What is chosen now."""
        kinds = tuple(kind for kind, box in self.kinds.items() if box.isChecked())
        return PracticeChoice(Path(self.target.currentData()), kinds, self.count.value())

    def _allow(self) -> None:
        self.make.setEnabled(any(box.isChecked() for box in self.kinds.values()))

    def _choose(self) -> None:
        self.accept()
        self.chosen.emit(self.choice())
