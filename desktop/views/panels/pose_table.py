"""The pose as a table: 24 joints with their axis-angle rotations. Views share hover and selection."""

import math
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from core.body.tree import JOINT_NAMES, joint_index
from core.records import Fit
from desktop.model.hover import joint_meant
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.state import person_edits
from desktop.state.angle_units import AngleFormat
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, tr
from desktop.theme import side_of

Index = QModelIndex | QPersistentModelIndex
AXES = ("x", "y", "z")
ROW_PX = 20
FULL_TURN = 2 * math.pi + 1e-6  # [rad]
NUMBER_STARTS = "0123456789-+."


class PoseModel(QAbstractTableModel):
    """Angles of the selected person in the view's unit, as previewed or committed."""

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(workbench)
        self._workbench = workbench

    @qt_override(int)
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(JOINT_NAMES)

    @qt_override(int)
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else len(AXES)

    @qt_override()
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> Any:
        if orientation == Qt.Orientation.Horizontal:
            unit = self._workbench.view.angle_format.sign.strip()
            return f"{AXES[section]} [{unit}]" if role == Qt.ItemDataRole.DisplayRole else None
        name = JOINT_NAMES[section]
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(self._workbench.view.colours.sides[side_of(name)])
        return part(name) if role == Qt.ItemDataRole.DisplayRole else None

    @qt_override()
    def data(self, index: Index, role: int = 0) -> Any:
        fit = self._fit()
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        name = JOINT_NAMES[index.row()]
        if role == Qt.ItemDataRole.BackgroundRole and name == self._workbench.hover.joint:
            return QColor(self._workbench.view.colours.border)
        if fit is None or role not in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return None
        unit = self._workbench.view.angle_format
        number = unit.shown(float(person_edits.joint_of(fit, name)[index.column()]))
        if role == Qt.ItemDataRole.DisplayRole:
            return f"{number:z.{unit.decimals}f}"
        return round(number, unit.decimals + 1) if unit.decimals < 2 else f"{number:z.{unit.decimals + 1}f}"

    @qt_override(lambda: Qt.ItemFlag.NoItemFlags)
    def flags(self, index: Index) -> Qt.ItemFlag:
        shown = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        editable = self._workbench.editable and self._fit() is not None
        return shown | Qt.ItemFlag.ItemIsEditable if editable else shown

    @qt_override(bool)
    def setData(self, index: Index, value: Any, role: int = int(Qt.ItemDataRole.EditRole)) -> bool:
        """Turn a joint: one entry of the history."""
        fit, name = self._fit(), JOINT_NAMES[index.row()]
        unit = self._workbench.view.angle_format
        number = _number(value, unit)
        if fit is None or number is None or not self._workbench.editable:
            return False
        axis_angle = person_edits.joint_of(fit, name).copy()
        if round(unit.shown(float(axis_angle[index.column()])), unit.decimals + 1) == number:
            return False
        axis_angle[index.column()] = unit.meant(number)
        label = tr("Turn {joint}").format(joint=part(name))
        self._workbench.fits.change_by_hand(label, person_edits.with_joint(fit, name, axis_angle))
        return True

    def refresh(self) -> None:
        """Redraw after a change of angles, hover or colours."""
        self.dataChanged.emit(self.index(0, 0), self.index(len(JOINT_NAMES) - 1, len(AXES) - 1))

    def _fit(self) -> Fit | None:
        person = self._workbench.person
        return None if person is None else person.fit


class PoseTable(QTableView):
    """The table of angles. It highlights the hovered joint of any view; Enter or typing edits an angle."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._angles, self._unit = PoseModel(workbench), workbench.view.angle_format
        self.setModel(self._angles)
        self.setAccessibleName(tr("Pose"))
        self.setMouseTracking(True)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectItems)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(
            QAbstractItemView.EditTrigger.DoubleClicked
            | QAbstractItemView.EditTrigger.EditKeyPressed
            | QAbstractItemView.EditTrigger.AnyKeyPressed
        )
        self.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().setDefaultSectionSize(ROW_PX)
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.selectionModel().currentChanged.connect(self._choose)
        workbench.photo_changed.connect(self._refresh)
        workbench.hover.changed.connect(self._refresh)
        workbench.view_changed.connect(self._show_joint)
        self._show_joint()

    @qt_override(bool)
    def event(self, event: QEvent) -> bool:
        """Take keys that start a number as typing, although they are shortcuts of commands."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.text() and event.text() in NUMBER_STARTS:
            event.accept()
            return True
        return bool(super().event(event))

    @qt_override()
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        index = self.indexAt(event.position().toPoint())
        self._workbench.hover.over_joint(JOINT_NAMES[index.row()] if index.isValid() else "")

    @qt_override()
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._workbench.hover.over_joint("")

    def _choose(self, current: QModelIndex) -> None:
        if current.isValid() and JOINT_NAMES[current.row()] != self._joint_meant():
            self._workbench.change_view(joint=JOINT_NAMES[current.row()], keypoint=NO_KEYPOINT)

    def _joint_meant(self) -> str:
        return joint_meant(self._workbench.person, self._workbench.view)

    def _refresh(self) -> None:
        if not self.visibleRegion().isEmpty():
            self._angles.refresh()

    def _show_joint(self) -> None:
        """Select the row of the selected joint. The column stays."""
        row, column = joint_index(self._joint_meant()), max(self.currentIndex().column(), 0)
        if self.currentIndex().row() != row:
            self.setCurrentIndex(self.model().index(row, column))
        if self._unit is not self._workbench.view.angle_format:
            self._unit = self._workbench.view.angle_format
            self.model().headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(AXES) - 1)
        self._refresh()


def _number(text: object, unit: AngleFormat) -> float | None:
    """A typed angle in a unit; None for invalid text, and for more than a full turn."""
    try:
        value = float(str(text).replace(",", ".").removesuffix(unit.sign.strip()))
    except ValueError:
        return None
    return value if abs(unit.meant(value)) <= FULL_TURN else None
