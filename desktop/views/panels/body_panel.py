"""The body panel: the selected person's betas and kid, and one joint's rotation."""

import math
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor, QIcon, QPainter, QPixmap
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QGroupBox,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from core.body.tree import JOINT_NAMES, joint_index
from core.records import Fit
from desktop.model.hover import joint_meant
from desktop.model.workbench import Workbench
from desktop.state import person_edits
from desktop.state.angle_units import ANGLES, AngleFormat
from desktop.state.view import NO_KEYPOINT
from desktop.text.translate import part, tr
from desktop.theme import side_of
from desktop.views.panels.held_list import HeldList
from desktop.views.panels.slider_row import SliderRow

BETAS = 10
BETA_LIMIT = 5.0  # standard deviations
ANGLE_LIMIT_DEG = 180.0
AXES = ("x", "y", "z")
SWATCH_PX = 12
WIDEST_SIGN = max((unit.sign for unit in ANGLES.values()), key=len)


class BodyPanel(QScrollArea):
    """Sliders of shape and pose. They preview while dragged; a release is one entry of the history."""

    def __init__(
        self, workbench: Workbench, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._angle_format: AngleFormat | None = None
        self.kid = SliderRow(tr("kid"), 0, 1, 2, 0.05, tip=tr("0 is an adult, 1 a child of about six years"))
        self.betas = [
            SliderRow(
                tr("beta {index}").format(index=index),
                -BETA_LIMIT,
                BETA_LIMIT,
                2,
                0.1,
                tip=tr("Shape coefficient {index} [standard deviations]").format(index=index),
            )
            for index in range(BETAS)
        ]
        self.angles = [
            SliderRow(
                axis,
                -ANGLE_LIMIT_DEG,
                ANGLE_LIMIT_DEG,
                1,
                1.0,
                suffix=WIDEST_SIGN,
                tip=tr("The {axis} component of the joint's axis-angle rotation").format(axis=axis),
            )
            for axis in AXES
        ]
        self.held = HeldList(workbench)
        self.joint = QComboBox()
        self.joint.addItems([part(name) for name in JOINT_NAMES])
        self.joint.setMaxVisibleItems(len(JOINT_NAMES))
        self._lay_out(actions)
        self._connect()
        self._dress()
        self._show()

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        shape, shape_rows = _group(tr("Shape"))
        for row, slider in enumerate([*self.betas, self.kid]):
            slider.add_to(shape_rows, row)
        shape_rows.addLayout(_row(actions["body.reset_shape"]), len(self.betas) + 1, 0, 1, 3)
        pose, pose_rows = _group(tr("Pose"))
        joint_label = QLabel(tr("&Joint"))
        joint_label.setBuddy(self.joint)
        pose_rows.addWidget(joint_label, 0, 0)
        pose_rows.addWidget(self.joint, 0, 1, 1, 2)
        for row, slider in enumerate(self.angles, start=1):
            slider.add_to(pose_rows, row)
        pose_rows.addLayout(
            _row(actions["body.reset_joint"], actions["body.reset_pose"]), len(self.angles) + 1, 0, 1, 3
        )
        sliders = [*self.angles, *self.betas, self.kid]
        label_px = max(slider.label.sizeHint().width() for slider in sliders)
        number_px = max(slider.number.sizeHint().width() for slider in sliders)
        for slider in sliders:
            slider.align(label_px, number_px)
        held, held_rows = _group(tr("Held"))
        held_rows.addWidget(self.held, 0, 0, 1, 3)
        for row, name in enumerate(("body.left_foot", "body.right_foot", "body.let_go"), start=1):
            held_rows.addLayout(_row(actions[name]), row, 0, 1, 3)
        content = self._content = QWidget()
        column = QVBoxLayout(content)
        column.addWidget(pose)
        column.addWidget(held)
        column.addWidget(shape)
        column.addStretch(1)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(content.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width())

    def _connect(self) -> None:
        workbench = self._workbench
        for index, slider in enumerate(self.betas):
            self._follow(
                slider, partial(self._with_beta, index), tr("Change beta {index}").format(index=index)
            )
        self._follow(self.kid, person_edits.with_kid, tr("Change kid"))
        for axis, slider in enumerate(self.angles):
            self._follow(slider, partial(self._with_angle, axis), tr("Turn {joint}"))
        self.joint.activated.connect(
            lambda index: workbench.change_view(joint=JOINT_NAMES[index], keypoint=NO_KEYPOINT)
        )
        workbench.photo_changed.connect(self._show)
        workbench.fits.body_changed.connect(self._show)
        workbench.view_changed.connect(self._dress)
        workbench.view_changed.connect(self._show)

    def _follow(self, slider: SliderRow, changed: Callable[[Fit, float], Fit], label: str) -> None:
        def change(value: float, done: bool) -> None:
            person = self._workbench.person
            if person is not None and person.fit is not None and self._workbench.editable:
                words = label.format(joint=self.joint.currentText())
                self._workbench.fits.change_by_hand(words, changed(person.fit, value), done)

        slider.moved.connect(partial(change, done=False))
        slider.chosen.connect(partial(change, done=True))

    def _with_beta(self, index: int, fit: Fit, value: float) -> Fit:
        return person_edits.with_beta(fit, index, value)

    def _with_angle(self, axis: int, fit: Fit, number: float) -> Fit:
        joint = joint_meant(self._workbench.person, self._workbench.view)
        axis_angle = person_edits.joint_of(fit, joint).copy()
        axis_angle[axis] = self._workbench.view.angle_format.meant(number)
        return person_edits.with_joint(fit, joint, axis_angle)

    def _show(self) -> None:
        person, body = self._workbench.person, self._workbench.fits.body
        fit = person.fit if person is not None else None
        self._content.setEnabled(body is not None and fit is not None and self._workbench.editable)
        own = not self._workbench.fits.foreign  # betas of another body are meaningless for this one
        for slider in self.betas:
            slider.set_enabled(own)
        self.kid.set_enabled(own and body is not None and body.has_kid)
        meant = joint_meant(person, self._workbench.view)
        self.joint.setCurrentIndex(joint_index(meant))
        joint = person_edits.joint_of(fit, meant) if fit else np.zeros(3)
        for slider, value in zip(self.betas, fit.betas if fit else np.zeros(BETAS), strict=True):
            slider.show_value(float(value))
        self.kid.show_value(fit.kid if fit else 0.0)
        for slider, angle in zip(self.angles, joint, strict=True):
            slider.show_value(self._workbench.view.angle_format.shown(float(angle)))

    def _dress(self) -> None:
        colors, angles = self._workbench.view.colours, self._workbench.view.angle_format
        for slider in self.angles if angles is not self._angle_format else ():
            limit = angles.shown(math.radians(ANGLE_LIMIT_DEG))
            slider.measure_in(limit, angles.decimals, angles.step, angles.sign)
        self._angle_format = angles
        for index, name in enumerate(JOINT_NAMES):
            self.joint.setItemIcon(index, _swatch(colors.sides[side_of(name)]))


def _group(title: str) -> tuple[QGroupBox, QGridLayout]:
    group = QGroupBox(title)
    grid = QGridLayout(group)
    grid.setColumnStretch(1, 1)
    return group, grid


def _row(*actions: QAction) -> QHBoxLayout:
    """A row with a button per action."""
    row = QHBoxLayout()
    row.addStretch(1)
    for action in actions:
        button = QToolButton()
        button.setDefaultAction(action)
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        row.addWidget(button)
    return row


def _swatch(color: str) -> QIcon:
    """A filled circle."""
    picture = QPixmap(SWATCH_PX, SWATCH_PX)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(color))
    painter.drawEllipse(picture.rect())
    painter.end()
    return QIcon(picture)
