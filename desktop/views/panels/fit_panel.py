"""The fit panel: weights and iterations of fits, the camera, and a summary of the selected person's fit."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from PySide6.QtCore import QSignalBlocker, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QScrollArea,
    QToolButton,
    QWidget,
)

from core.fitting import TRUSTING, FitConfig
from core.records import Photo
from desktop.jobs.fitting import with_camera
from desktop.model.person_warnings import warned
from desktop.model.workbench import Workbench
from desktop.state.view import FitOptions
from desktop.style_sheet import ARROWS_PX
from desktop.text import warning_texts
from desktop.text.translate import tr
from desktop.theme import theme
from desktop.views.panels.slider_row import SliderRow

LARGEST_FOCAL_PX = 100_000.0
WIDEST_ASSUMED_DEG = 53  # field of view of a very wide photo at the assumed focal length, its diagonal
AUTOMATIC = -1  # one step below the least weight: the start of the fit chooses the weight
NOTHING = "–"  # in place of a focal length, without a photo
GAP_PX = 6
NARROW_PX = 340  # in a narrower panel the options are scrolled


class FitPanel(QScrollArea):
    """Buttons of fits, a summary, warnings, the camera, and sliders of the options."""

    def __init__(
        self, workbench: Workbench, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.rows = self._make_rows()
        self.advanced, self.reset, self._options = QToolButton(), QToolButton(), QWidget()
        self.free_betas = QCheckBox(tr("Fit the shape"))
        self.free_kid = QCheckBox(tr("Fit the age"))
        self.free_kid.setToolTip(tr("Let the fit choose between adult and child"))
        self.focal = QDoubleSpinBox()
        self.focal.setRange(1, LARGEST_FOCAL_PX)
        self.focal.setDecimals(0)
        self.focal.setSpecialValueText(NOTHING)
        self.focal.setSuffix(tr(" px"))
        self.focal.setKeyboardTracking(False)
        self.focal.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.focal.setAccessibleName(tr("Focal length"))
        self.view_angle = QLabel()
        self.view_angle.setToolTip(tr("The photo's field of view, from its left edge to its right"))
        self.view_angle.setText(_angle_in_words(WIDEST_ASSUMED_DEG, assumed=True))
        self.view_angle.setMinimumWidth(
            self.view_angle.sizeHint().width()
        )  # so that the layout stays the same with a photo
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.summary.setToolTip(
            tr("The mean distance of keypoints from the body, as if the person were 200 px tall")
        )
        self.warnings = QLabel()
        self.warnings.setWordWrap(True)
        self.warnings.setAccessibleName(tr("Warnings"))
        keeps_its_place = self.warnings.sizePolicy()
        keeps_its_place.setRetainSizeWhenHidden(True)  # so that widgets below keep their places
        self.warnings.setSizePolicy(keeps_its_place)
        self._lay_out(actions)
        self._connect()
        self._show()

    def _make_rows(self) -> dict[str, SliderRow]:
        return {
            "keypoint_px": SliderRow(
                tr("keypoint tolerance (σ)"),
                0.5,
                20,
                1,
                0.5,
                tr(" px"),
                tr("The distance of a keypoint from the body that counts as one unit of error"),
            ),
            "robust_px": SliderRow(
                tr("outlier threshold"),
                5,
                200,
                0,
                5,
                tr(" px"),
                tr("Keypoints farther than this count as outliers, in pixels of a person 200 px tall"),
            ),
            "pose_prior": SliderRow(tr("pose prior"), 0, 5, 2, 0.1, tip=tr("Weight of the pose prior")),
            "limits": SliderRow(tr("joint limits"), 0, 30, 1, 1, tip=tr("Weight of the joint limits")),
            "betas": SliderRow(tr("shape prior"), 0, 10, 2, 0.1, tip=tr("Weight of the shape prior")),
            "stay_near": SliderRow(
                tr("stay near start"), AUTOMATIC, 30, 0, 1, tip=_stay_near_words(), unset=tr("automatic")
            ),
            "iterations": SliderRow(tr("iterations"), 1, 100, 0, 1, tip=tr("The most iterations of a fit")),
        }

    def _lay_out(self, actions: Mapping[str, QAction]) -> None:
        grid = QGridLayout()
        grid.setContentsMargins(6, 4, 6, 4)
        grid.setVerticalSpacing(GAP_PX)
        grid.setColumnStretch(1, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(GAP_PX)
        for name in ("fit.fit", "fit.anew", "fit.guess"):
            button = QToolButton()
            button.setDefaultAction(actions[name])
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
            buttons.addWidget(button)
        buttons.addStretch(1)
        grid.addLayout(buttons, 0, 0, 1, 3)
        grid.addWidget(self.summary, 1, 0, 1, 3)
        grid.addWidget(self.warnings, 2, 0, 1, 3)
        focal_label = QLabel(tr("focal length"))
        focal_label.setBuddy(self.focal)
        grid.addWidget(focal_label, 3, 0)
        grid.addWidget(self.view_angle, 3, 1)
        grid.addWidget(self.focal, 3, 2)
        ticks = QHBoxLayout()
        ticks.addWidget(self.free_betas)
        ticks.addWidget(self.free_kid)
        grid.addLayout(ticks, 4, 0, 1, 3)
        grid.addLayout(self._head_of_options(actions), 5, 0, 1, 3)
        grid.addWidget(self._options, 6, 0, 1, 3)
        grid.setRowStretch(7, 1)
        rows = QGridLayout(self._options)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setVerticalSpacing(2)
        rows.setColumnStretch(1, 1)
        for number, row in enumerate(self.rows.values()):
            row.add_to(rows, number)
        label_px = max(row.label.sizeHint().width() for row in self.rows.values())
        boxes = (self.focal, *(row.number for row in self.rows.values()))
        number_px = max(box.sizeHint().width() for box in boxes) - ARROWS_PX  # which the hint counts twice
        focal_label.setMinimumWidth(label_px)
        for row in self.rows.values():
            row.align(label_px, number_px)
        self.focal.setFixedWidth(number_px)
        options = QWidget()
        options.setLayout(grid)
        self.setWidget(options)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)
        whole_px = options.minimumSizeHint().width() + self.verticalScrollBar().sizeHint().width()
        self.setMinimumWidth(min(whole_px, NARROW_PX))  # a small screen has no room for more

    def _head_of_options(self, actions: Mapping[str, QAction]) -> QHBoxLayout:
        """The button that shows and hides the sliders, and the one that resets them."""
        self.advanced.setText(tr("Advanced"))
        self.advanced.setToolTip(tr("Show or hide the weights and the iterations of fits"))
        self.advanced.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.advanced.setAutoRaise(True)
        self.advanced.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.advanced.clicked.connect(actions["fit.advanced"].trigger)
        actions["fit.reset_options"].setIconText(tr("Reset"))
        self.reset.setDefaultAction(actions["fit.reset_options"])
        self.reset.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        head = QHBoxLayout()
        head.addWidget(self.advanced)
        head.addStretch(1)
        head.addWidget(self.reset)
        return head

    def _show_options(self) -> None:
        shown = self._workbench.view.advanced
        self.advanced.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        self._options.setVisible(shown)
        self.reset.setVisible(shown or self._workbench.fits.options != FitOptions())

    def _connect(self) -> None:
        fits = self._workbench.fits
        for name, row in self.rows.items():
            row.chosen.connect(partial(self._set, name))
        self.free_betas.toggled.connect(partial(self._set, "free_betas"))
        self.free_kid.toggled.connect(partial(self._set, "free_kid"))
        self.focal.valueChanged.connect(self._set_focal)
        fits.changed.connect(self._show)
        fits.body_changed.connect(self._show)
        self._workbench.photo_changed.connect(self._show)
        self._workbench.view_changed.connect(self._show_warnings)
        self._workbench.view_changed.connect(self._show_options)

    def _set(self, name: str, value: float | bool) -> None:
        fits = self._workbench.fits
        whole = isinstance(getattr(FitConfig, name), int) and not isinstance(value, bool)
        told = None if (name, value) == ("stay_near", AUTOMATIC) else round(value) if whole else value
        fits.set_options(fits.options.with_value(name, told))

    def _set_focal(self, value: float) -> None:
        """Change the photo's focal length. Bodies move in depth, so that they keep their size in the photo."""
        self._workbench.cancel()  # drop a preview of a new person
        photo = self._workbench.photo
        if photo is None:
            return
        people = tuple(
            person if person.locked else with_camera(photo, person, value) for person in photo.people
        )
        self._workbench.apply_photo(
            tr("Change focal length"),
            photo.with_(focal_length=float(value), people=people),
            self._workbench.person_id,
        )

    def _show(self) -> None:
        fits, photo, person = self._workbench.fits, self._workbench.photo, self._workbench.person
        for name, row in self.rows.items():
            value = fits.options.value(name)
            row.show_value(AUTOMATIC if value is None else float(value))
        told = fits.options.told
        for box, on in ((self.free_betas, told.free_betas), (self.free_kid, told.free_kid)):
            with QSignalBlocker(box):
                box.setChecked(on)
        self.free_kid.setEnabled(fits.body is not None and fits.body.has_kid)
        self.focal.setEnabled(photo is not None and self._workbench.writable)
        self._show_camera(photo)
        self._show_options()
        self.summary.setText(self._summary(person is not None))
        self._show_warnings()

    def _show_camera(self, photo: Photo | None) -> None:
        focal_length = self.focal.minimum() if photo is None else photo.camera[0]
        with QSignalBlocker(self.focal):
            self.focal.setValue(focal_length)
        if photo is None:
            self.view_angle.clear()
            return
        angle_deg = np.degrees(2 * np.arctan(photo.width / (2 * focal_length)))
        self.view_angle.setText(_angle_in_words(angle_deg, assumed=not photo.focal_length))

    def _summary(self, somebody: bool) -> str:
        person, report = self._workbench.person, self._workbench.fits.report
        if not somebody or person is None:
            return tr("No person is selected.")
        if person.fit is None:
            return tr("Not fitted.")
        if not np.isfinite(person.fit.score):
            return tr("Not scored.")
        words = [tr("error {score:.1f} px (normalised)").format(score=person.fit.score)]
        if report is not None and report.posed.fit is person.fit:
            iterations = max(map(len, report.losses.values()), default=1) - 1
            words.append(tr("%n iterations", "", iterations))
        return " · ".join(words)

    def _show_warnings(self) -> None:
        """Show the warnings; their tool tip has the remedies."""
        names = warned(self._workbench.shown)
        words, tips = [warning_texts.short(name) for name in names], map(warning_texts.long, names)
        if self._workbench.fits.foreign:
            words.append(tr("fitted with another body: press F"))
        colour = theme(self._workbench.view.theme).warning
        self.warnings.setStyleSheet(f"color: {colour}")
        self.warnings.setText(" · ".join(f"{warning_texts.SIGN} {word}" for word in words))
        self.warnings.setToolTip("\n".join(tips))
        self.warnings.setVisible(bool(words))


def _angle_in_words(angle_deg: float, assumed: bool) -> str:
    words = tr("{angle:.0f}° assumed") if assumed else tr("{angle:.0f}°")
    return words.format(angle=angle_deg)


def _stay_near_words() -> str:
    own = tr("Weight of staying near the start of the fit")
    automatic = tr("Automatic: {guess:.0f} for a fit that starts from a guess, {fit:.0f} for any other")
    return f"{own}\n{automatic.format(guess=TRUSTING.stay_near, fit=FitConfig.stay_near)}"
