"""The about window: versions, devices, body, network and licences, to be read and copied into a report."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFrame, QGridLayout, QLabel, QVBoxLayout, QWidget

from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.views.gl.opengl import OpenGL
from desktop.views.plain_buttons import without_icons

Facts = list[tuple[str, str]]
PACKAGES = ("torch", "numpy", "opencv-python", "vispy", "pyqtgraph", "numba")
TITLE_PT, GAP_PX, EDGE_PX, NAME_PX, VALUE_PX = 16, 8, 16, 140, 460
CPU_FILE, CPU = Path("/proc/cpuinfo"), "name"  # a line there begins with "model name"


def facts_of(workbench: Workbench, opengl: OpenGL) -> Facts:
    """Names and values of what a report of a fault must tell."""
    fits = workbench.fits
    body = tr("none") if fits.body is None else fits.body.name
    if fits.body is not None and fits.body_file is not None:
        body = tr("{name}, from {file}").format(name=body, file=fits.body_file)
    network = fits.network.title
    if fits.network.file is not None:
        network = tr("{name}, from {file}").format(name=network, file=fits.network.file)
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return [
        (tr("Fitloop"), _version("fitloop")),
        (tr("Python"), f"{platform.python_version()} ({sys.executable})"),
        (tr("Qt"), f"{qVersion()}, PySide6 {_version('PySide6-Essentials')}"),
        (tr("Packages"), packages),
        (tr("System"), platform.platform()),
        (tr("Processor"), tr("{name}, {count} threads").format(name=_processor(), count=os.cpu_count())),
        (tr("Graphics card"), _card()),
        (tr("OpenGL"), opengl.complaint or opengl.driver),
        (tr("Body"), body),
        (tr("Network"), network),
    ]


def licences() -> Facts:
    """What the program is made of, and the licence of each part."""
    return [
        (tr("This program"), tr("Apache-2.0")),
        (tr("Open body"), tr("CC0 data, Apache-2.0 keypoints")),
        (tr("Pose prior and lifter"), tr("learned from CMU's motion capture database, free for any use")),
        (tr("Icons"), tr("Lucide, ISC; some of Feather, MIT")),
        (tr("Detectors"), tr("not included: onnxruntime, MIT; RTMPose's weights; MediaPipe, Apache-2.0")),
        (tr("Qt for Python"), tr("LGPL-3.0")),
        (tr("smplx, of the tests alone"), tr("non-commercial research only")),
        (tr("Other packages"), tr("permissive; pi-heif's libraries LGPL")),
        (tr("SMPL's files"), tr("not included; under the licence that you got them with")),
    ]


class AboutDialog(QDialog):
    """Two tables: facts about this installation, and licences. Copy puts both on the clipboard."""

    def __init__(self, workbench: Workbench, opengl: OpenGL, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(tr("About Fitloop"))
        self._tables = (facts_of(workbench, opengl), licences())
        name, what = (
            QLabel(tr("Fitloop")),
            QLabel(tr("Fits bodies to people in photos, to be corrected by hand.")),
        )
        font = name.font()
        font.setPointSize(TITLE_PT)
        font.setBold(True)
        name.setFont(font)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.copy = buttons.addButton(tr("&Copy"), QDialogButtonBox.ButtonRole.ActionRole)
        without_icons(buttons)
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(EDGE_PX, EDGE_PX, EDGE_PX, EDGE_PX)
        column.setSpacing(GAP_PX)
        for widget in (name, what, _line(), _table(self._tables[0]), _line(), _table(self._tables[1])):
            column.addWidget(widget)
        column.addStretch(1)
        column.addWidget(buttons)
        buttons.button(QDialogButtonBox.StandardButton.Close).setDefault(True)

    def text(self) -> str:
        """Both tables as lines of text."""
        return "\n".join(f"{name}: {value}" for table in self._tables for name, value in table)


def _table(rows: Facts) -> QWidget:
    page = QWidget()
    grid = QGridLayout(page)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(2 * GAP_PX)
    grid.setColumnStretch(1, 1)
    for number, (name, value) in enumerate(rows):
        label, words = QLabel(name), QLabel(value)
        label.setMinimumWidth(NAME_PX)
        label.setForegroundRole(label.palette().ColorRole.PlaceholderText)
        words.setTextFormat(Qt.TextFormat.PlainText)
        words.setWordWrap(True)
        words.setMinimumWidth(VALUE_PX)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        grid.addWidget(label, number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(words, number, 1)
    return page


def _line() -> QFrame:
    line = QFrame()
    line.setFrameShape(QFrame.Shape.HLine)
    line.setForegroundRole(line.palette().ColorRole.Mid)
    return line


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return tr("not installed")


def _processor() -> str:
    try:
        lines = CPU_FILE.read_text(errors="replace").splitlines()
    except OSError:
        lines = []
    named = [value.strip() for name, _, value in (line.partition(":") for line in lines) if CPU in name]
    return named[0] if named else platform.processor() or platform.machine()


def _card() -> str:
    torch = sys.modules.get("torch")  # not imported for this: it takes seconds
    if torch is None or not torch.cuda.is_available():
        return tr("none that torch can use")
    return str(torch.cuda.get_device_name(0))
