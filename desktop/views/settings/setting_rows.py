"""The table of settings, and rows of a form that show and change them. Each is a field of the view."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import QCheckBox, QComboBox, QFormLayout, QGroupBox, QLabel, QVBoxLayout, QWidget

from desktop.model.workbench import Workbench
from desktop.text.translate import QT_TR_NOOP, tr


@dataclass(frozen=True)
class SettingValue:
    """A value of a setting, and its words."""

    value: object
    words: str


@dataclass(frozen=True)
class Setting:
    """field: of the view. words: for a tick, what it does; else the row's label. choices: none for a tick.

    note: when it takes effect, if not at once, or what it needs.
    """

    field: str
    words: str
    choices: Sequence[SettingValue] = ()
    note: str = ""


APPEARANCE = (
    Setting(
        "theme",
        QT_TR_NOOP("Colours"),
        (
            SettingValue("system", QT_TR_NOOP("as the desktop's")),
            SettingValue("light", QT_TR_NOOP("light")),
            SettingValue("dark", QT_TR_NOOP("dark")),
        ),
    ),
    Setting(
        "angles",
        QT_TR_NOOP("Angles"),
        (
            SettingValue("degrees", QT_TR_NOOP("degrees [°]")),
            SettingValue("radians", QT_TR_NOOP("radians [rad]")),
        ),
    ),
    Setting(
        "body_style",
        QT_TR_NOOP("Bodies over the photo"),
        (
            SettingValue("fill", QT_TR_NOOP("filled")),
            SettingValue("rim", QT_TR_NOOP("their rim alone")),
            SettingValue("xray", QT_TR_NOOP("x-ray")),
        ),
    ),
    Setting("hints", QT_TR_NOOP("Hints on the photo")),
    Setting("toolbar_text", QT_TR_NOOP("Words below the tools' icons")),
)
CURATING = (
    Setting(
        "at_opening",
        QT_TR_NOOP("Find and fit people after opening"),
        note=QT_TR_NOOP("From the next file on."),
    ),
    Setting(
        "autosave",
        QT_TR_NOOP("Save the fits dictionary by itself"),
        note=QT_TR_NOOP("Half a minute after the last change, and when the project is closed."),
    ),
    Setting("advance", QT_TR_NOOP("Go on to the next worst person after a verdict")),
)
COMPUTING = (
    Setting(
        "detector",
        QT_TR_NOOP("Detector"),
        (
            SettingValue("", QT_TR_NOOP("the best one installed")),
            SettingValue("rtmpose", QT_TR_NOOP("RTMPose: everybody, with feet")),
            SettingValue("mediapipe", QT_TR_NOOP("MediaPipe: people who stand apart")),
        ),
        QT_TR_NOOP("From the next detection on. Where it is not installed, another one is used."),
    ),
    Setting(
        "card",
        QT_TR_NOOP("Fits of many people"),
        (
            SettingValue(True, QT_TR_NOOP("on the graphics card, where there is one")),
            SettingValue(False, QT_TR_NOOP("on the processor")),
        ),
        QT_TR_NOOP(
            "From the next job on. One person's fit always runs on the processor, which is faster at it."
        ),
    ),
)
TABLE = (*APPEARANCE, *CURATING, *COMPUTING)


class SettingsForm(QGroupBox):
    """A titled group of settings, which follows the view."""

    def __init__(self, title: str, settings: Sequence[Setting], workbench: Workbench) -> None:
        super().__init__(title)
        self._workbench = workbench
        self.form = QFormLayout(self)
        self.form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        self.widgets: dict[str, QCheckBox | QComboBox] = {}
        for setting in settings:
            widget = self.widgets[setting.field] = self._widget(setting)
            if isinstance(widget, QCheckBox):
                self.form.addRow(with_note(widget, tr(setting.note) if setting.note else ""))
            else:
                self.form.addRow(
                    tr(setting.words), with_note(widget, tr(setting.note) if setting.note else "")
                )
        boxes = [widget for widget in self.widgets.values() if isinstance(widget, QComboBox)]
        for box in boxes:
            box.setMinimumWidth(max(one.sizeHint().width() for one in boxes))
        workbench.view_changed.connect(self._show)
        self._show()

    def _widget(self, setting: Setting) -> QCheckBox | QComboBox:
        if not setting.choices:
            tick = QCheckBox(tr(setting.words))
            tick.toggled.connect(lambda on: self._workbench.change_view(**{setting.field: on}))
            return tick
        box = QComboBox()
        box.setAccessibleName(tr(setting.words))
        for choice in setting.choices:
            box.addItem(tr(choice.words), choice.value)
        box.activated.connect(lambda _: self._workbench.change_view(**{setting.field: box.currentData()}))
        return box

    def _show(self) -> None:
        for field, widget in self.widgets.items():
            value = getattr(self._workbench.view, field)
            if isinstance(widget, QCheckBox):
                widget.setChecked(value)
            else:
                widget.setCurrentIndex(widget.findData(value))


def with_note(widget: QWidget, words: str) -> QWidget:
    """A widget of a row, and quiet words below it."""
    both, column = QWidget(), QVBoxLayout()
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(2)
    column.addWidget(widget, 0, Qt.AlignmentFlag.AlignLeft)
    both.setLayout(column)
    if words:
        note = QLabel(words)
        note.setForegroundRole(QPalette.ColorRole.PlaceholderText)
        note.setWordWrap(True)
        column.addWidget(note)
    return both
