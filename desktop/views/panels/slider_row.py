"""A row with the name of a value, a slider and a number field."""

from PySide6.QtCore import QObject, QPointF, QRectF, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import (
    QDoubleSpinBox,
    QGridLayout,
    QLabel,
    QSlider,
    QStyle,
    QStyleOptionSlider,
)

from desktop.qt_override import qt_override

LEAST_PX = 44  # width of a slider in a narrow panel
GROOVE_PX = 4
KNOB_PX = 13


class ZeroSlider(QSlider):
    """A horizontal slider filled from zero to its value.

    unset: the lowest value stands for no value and is not filled.
    """

    def __init__(self, unset: bool) -> None:
        super().__init__(Qt.Orientation.Horizontal)
        self._unset = unset

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        palette, middle = self.palette(), self.height() / 2
        zero, value = self._x_of(min(max(0, self.minimum()), self.maximum())), self._x_of(self.value())
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(palette.mid())
            groove = QRectF(0, middle - GROOVE_PX / 2, self.width(), GROOVE_PX)
            painter.drawRoundedRect(groove, GROOVE_PX / 2, GROOVE_PX / 2)
            used = palette.highlight() if self.isEnabled() else palette.mid()
            painter.setBrush(used)
            if not (self._unset and self.value() == self.minimum()):
                painter.drawRect(QRectF(min(zero, value), groove.y(), abs(value - zero), GROOVE_PX))
            ring = palette.highlight() if self.hasFocus() else palette.placeholderText()
            painter.setPen(QPen(ring, 2 if self.hasFocus() else 1))
            painter.setBrush(palette.base())
            painter.drawEllipse(QPointF(value, middle), KNOB_PX / 2, KNOB_PX / 2)

    def _x_of(self, ticks: int) -> float:
        """The middle of the handle at a value [px], as the style places it."""
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        option.sliderPosition = option.sliderValue = ticks
        part = QStyle.SubControl.SC_SliderHandle
        handle = self.style().subControlRect(QStyle.ComplexControl.CC_Slider, option, part, self)
        return handle.x() + handle.width() / 2


class SliderRow(QObject):
    """Emits `moved` while the slider is dragged, and `chosen` for a final value.

    low, high: the range of the slider; values set elsewhere may lie outside. unset: the text of the lowest value if it
    stands for no value.
    """

    moved = Signal(float)
    chosen = Signal(float)

    def __init__(
        self,
        name: str,
        low: float,
        high: float,
        decimals: int,
        step: float,
        suffix: str = "",
        tip: str = "",
        unset: str = "",
    ) -> None:
        slider = ZeroSlider(bool(unset))
        super().__init__(slider)  # child of the slider: a signal's receiver lives as long as its sender
        self._per_tick = 10.0**-decimals
        self._low, self._high = low, high
        self._dragged = False
        self._let_go = False  # the drag was cancelled; moves until the release are ignored
        self.label = QLabel(name)
        self.slider = slider
        slider.setMinimumWidth(LEAST_PX)
        self.slider.setSingleStep(round(step / self._per_tick))
        self.slider.setPageStep(round(10 * step / self._per_tick))
        self.number = QDoubleSpinBox()
        self.number.setDecimals(decimals)
        self._reach(low, high)
        self.number.setSingleStep(step)
        self.number.setSuffix(suffix)
        self.number.setSpecialValueText(unset)
        self.number.setKeyboardTracking(False)
        self.number.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.label.setBuddy(self.slider)
        for widget in (self.slider, self.number):
            widget.setToolTip(tip)
            widget.setAccessibleName(name)
        self.slider.valueChanged.connect(self._slide)
        self.slider.sliderReleased.connect(self._release)
        self.number.valueChanged.connect(self.chosen)

    def add_to(self, grid: QGridLayout, row: int) -> None:
        """Put the widgets into a row of a grid: three columns."""
        for column, widget in enumerate((self.label, self.slider, self.number)):
            grid.addWidget(widget, row, column)

    def align(self, label_px: int, number_px: int) -> None:
        """Set the widths of the first and the last column, to align rows of several groups."""
        self.label.setMinimumWidth(label_px)
        self.number.setFixedWidth(number_px)

    def measure_in(self, limit: float, decimals: int, step: float, suffix: str) -> None:
        """Go over to another unit, from -limit to limit. The value is to be shown anew."""
        self._per_tick, self._low, self._high = 10.0**-decimals, -limit, limit
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            self.slider.setSingleStep(round(step / self._per_tick))
            self.slider.setPageStep(round(10 * step / self._per_tick))
            self.number.setDecimals(decimals)
            self.number.setSingleStep(step)
            self.number.setSuffix(suffix)
            self._reach(self._low, self._high)

    def show_value(self, value: float) -> None:
        """Show a value without emitting a signal."""
        ticks = round(value / self._per_tick)
        if self.slider.isSliderDown() and ticks != self.slider.value():
            self._let_go = True
        with QSignalBlocker(self.slider), QSignalBlocker(self.number):
            low, high = min(self._low, value), max(self._high, value)
            if not self.slider.isSliderDown() and (self.number.minimum(), self.number.maximum()) != (
                low,
                high,
            ):
                self._reach(low, high)
            self.slider.setValue(ticks)
            self.number.setValue(value)

    def set_enabled(self, enabled: bool) -> None:
        """Allow or forbid changes of the value."""
        for widget in (self.label, self.slider, self.number):
            widget.setEnabled(enabled)

    def _reach(self, low: float, high: float) -> None:
        self.slider.setRange(round(low / self._per_tick), round(high / self._per_tick))
        self.number.setRange(low, high)

    def _slide(self, ticks: int) -> None:
        if self._let_go:
            return
        self._dragged = self.slider.isSliderDown()
        value = ticks * self._per_tick
        with QSignalBlocker(self.number):  # during a drag nothing else shows it
            self.number.setValue(value)
        (self.moved if self.slider.isSliderDown() else self.chosen).emit(value)

    def _release(self) -> None:
        dragged, self._dragged = self._dragged, False
        if self._let_go:
            self._let_go = False
            self.show_value(self.number.value())
        elif dragged:
            self.chosen.emit(self.slider.value() * self._per_tick)
