"""The middle of the window: start page, photo or contact sheet, and above the sample a line of first steps."""

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QStackedWidget, QToolButton, QVBoxLayout, QWidget

from desktop.model.first_steps import STEPS, FirstSteps
from desktop.model.workbench import Workbench
from desktop.settings import Settings
from desktop.text.translate import plain, tr


class Middle(QWidget):
    """Shows one of the pages, with the first steps above it."""

    turned = Signal()  # another page is shown

    def __init__(
        self,
        workbench: Workbench,
        settings: Settings,
        actions: Mapping[str, QAction],
        pages: Sequence[QWidget],
        below: Sequence[QWidget],
    ) -> None:
        """below: widgets that stand below every page."""
        super().__init__()
        self.steps = StepsLine(workbench, FirstSteps(workbench, settings, self), actions)
        self._pages = QStackedWidget()
        for page in pages:
            self._pages.addWidget(page)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.steps)
        column.addWidget(self._pages, 1)
        for widget in below:
            column.addWidget(widget)

    def currentWidget(self) -> QWidget | None:
        """The page shown."""
        return self._pages.currentWidget()

    def setCurrentWidget(self, page: QWidget) -> None:
        """Show another page."""
        self._pages.setCurrentWidget(page)
        self.turned.emit()


class StepsLine(QFrame):
    """A small bar: the steps with ticks, and a hint for the next step."""

    def __init__(self, workbench: Workbench, steps: FirstSteps, actions: Mapping[str, QAction]) -> None:
        super().__init__()
        self._workbench, self.steps, self._actions = workbench, steps, actions
        self.line, self.hint = QLabel(), QLabel()
        self.line.setTextFormat(Qt.TextFormat.RichText)
        self.line.setWordWrap(True)
        self.hint.setWordWrap(True)
        self.hint.setAccessibleName(tr("First steps"))
        self.enough = QToolButton()
        self.enough.setText("✕")
        self.enough.setAutoRaise(True)
        self.enough.setToolTip(tr("Close: never show the first steps again"))
        self.enough.setAccessibleName(self.enough.toolTip())
        self.enough.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.addWidget(self.line)
        words.addWidget(self.hint)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 5, 6, 5)
        row.addLayout(words, 1)
        row.addWidget(self.enough, 0, Qt.AlignmentFlag.AlignTop)
        self.enough.clicked.connect(steps.dismiss)
        steps.changed.connect(self._show)
        workbench.view_changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        self.setVisible(self.steps.wanted)
        colours = self._workbench.view.colours
        parts = []
        for step in STEPS:
            words = self._names()[step]
            if step in self.steps.done:
                parts.append(f'<font color="{colours.muted}">✓ {words}</font>')
            elif step == self.steps.current:
                parts.append(f'<b><font color="{colours.accent}">{words}</font></b>')
            else:
                parts.append(words)
        self.line.setText(" &nbsp;·&nbsp; ".join(parts))
        self.hint.setText(self._hint())

    def _names(self) -> dict[str, str]:
        return {
            "drag": tr("Drag a wrist"),
            "alternatives": tr("Alternatives"),
            "accept": tr("Accept"),
            "next": tr("Next"),
            "save": tr("Save"),
        }

    def _hint(self) -> str:
        hints = {
            "drag": tr(
                "The detector made a plain error: drag the wrist to its place in the photo. The body follows."
            ),
            "alternatives": tr(
                "One photo does not fix the depth. {fit.alternatives} finds alternatives, a number key takes one."
            ),
            "accept": tr(
                "{person.accept} accepts the person, {person.reject} rejects, {person.later} is for later."
            ),
            "next": tr("{person.next_worst} selects the worst person without a verdict."),
            "save": tr(
                "{file.save_fits} writes the fits that training reads. Everything else is saved already."
            ),
        }
        if self.steps.current is None:
            return tr("All steps are done. {help.shortcuts} lists every key.").replace(
                "{help.shortcuts}", self._keys("help.shortcuts")
            )
        words = hints[self.steps.current]
        for name in self._actions:
            words = words.replace("{" + name + "}", self._keys(name))
        return words

    def _keys(self, name: str) -> str:
        """The current keys of a command; its text if it has none."""
        return self._actions[name].shortcut().toString() or plain(self._actions[name].text())
