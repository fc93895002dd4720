"""Filters and order of the queue: boxes above the list, all reachable with the keyboard."""

from collections.abc import Mapping

from PySide6.QtCore import QSignalBlocker, Qt, QTimer
from PySide6.QtGui import QAction, QPaintEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from core.body.warnings import WARNINGS
from core.store.project.review_queue import ANY
from desktop.model.workbench import Workbench
from desktop.qt_override import qt_override
from desktop.text import warning_texts
from desktop.text.translate import plain, tr

SHARES = (11, 9)  # orders and warnings have longer texts than verdicts and tags
EDGE_PX = 2  # margin of the style on both sides of a choice
SEARCH_MS = 250  # after the last letter


class Choice(QComboBox):
    """A combo box that elides text too long for it."""

    @qt_override()
    def paintEvent(self, event: QPaintEvent) -> None:
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        control, part = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(control, option, part, self).width() - EDGE_PX
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideRight, room
        )
        painter.drawComplexControl(control, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()


class QueueFilters(QWidget):
    """Shows and changes the filters and the order of the workbench's queue."""

    def __init__(
        self, workbench: Workbench, actions: Mapping[str, QAction], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self.sort, self._sort_action = QToolButton(), actions["person.sort"]
        self.sort.setAutoRaise(True)
        self.sort.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.sort.clicked.connect(self._sort_action.trigger)
        self._sort_action.changed.connect(self._dress_sort)
        self.order, self.verdict, self.warning, self.tag = Choice(), Choice(), Choice(), Choice()
        for box, words in ((self.order, self._orders()), (self.verdict, self._verdicts())):
            for key, text in words.items():
                box.addItem(text, key)
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search in names, notes, tags"))
        self.search.setAccessibleName(tr("Search"))
        self.search.setClearButtonEnabled(True)
        self.chosen = QToolButton()
        self.chosen.setToolTip(tr("People chosen in a plot. Press to show all people again"))
        self.chosen.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._search_soon = QTimer(self)
        self._search_soon.setSingleShot(True)
        self._search_soon.setInterval(SEARCH_MS)
        self._lay_out()
        self._connect()

    def stop(self) -> None:
        """Stop searching, because the window closes."""
        self._search_soon.stop()

    def refresh(self) -> None:
        """Show the current filters, and the number of people with each warning and tag."""
        queue, project = self._workbench.queue, self._workbench.project
        warned = project.warned() if project is not None else {}
        tags = project.tags() if project is not None else {}
        warnings = {None: tr("Warnings"), ANY: tr("Any warning")}
        warnings |= {
            name: f"{warning_texts.short(name)} ({warned.get(name, 0)})"
            for name in WARNINGS
            if name in warned or name == queue.wanted.warning
        }
        _fill(self.warning, warnings)
        chosen = {queue.wanted.tag: 0} if queue.wanted.tag else {}
        _fill(
            self.tag,
            {None: tr("Tags"), **{tag: f"#{tag} ({n})" for tag, n in (chosen | tags).items()}},
        )
        for box, key in (
            (self.order, queue.wanted.order),
            (self.verdict, queue.wanted.verdict),
            (self.warning, queue.wanted.warning),
            (self.tag, queue.wanted.tag),
        ):
            box.setCurrentIndex(box.findData(key))
        if not self.search.hasFocus():
            with QSignalBlocker(self.search):
                self.search.setText(queue.wanted.text or "")
        self.sort.setEnabled(queue.moved)
        self._dress_sort()
        self.chosen.setVisible(queue.wanted.chosen is not None)
        if queue.wanted.chosen is not None:
            self.chosen.setText(f"✕ {queue.wanted.chosen.words}")

    def _dress_sort(self) -> None:
        """The icon of the theme, and why the button has nothing to do."""
        self.sort.setIcon(self._sort_action.icon())
        in_order = tr("The list is in order: no score has changed since it was sorted")
        self.sort.setToolTip(self._sort_action.toolTip() if self.sort.isEnabled() else in_order)
        self.sort.setAccessibleName(plain(self._sort_action.text()))

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        names = (tr("Order"), tr("Verdict"), tr("Warning"), tr("Tag"))
        for place, (box, name) in enumerate(
            zip((self.order, self.verdict, self.warning, self.tag), names, strict=True)
        ):
            box.setAccessibleName(name)
            box.setToolTip(name)
            box.setMinimumContentsLength(5)
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            grid.addWidget(box, place // 2, place % 2)
        for column, share in enumerate(SHARES):
            grid.setColumnStretch(column, share)
        line = QHBoxLayout()
        line.setSpacing(4)
        line.addWidget(self.search, 1)
        line.addWidget(self.sort)
        grid.addLayout(line, 2, 0, 1, 2)
        grid.addWidget(self.chosen, 3, 0, 1, 2)

    def _connect(self) -> None:
        queue = self._workbench.queue
        self.order.activated.connect(lambda _: queue.want(order=self.order.currentData()))
        self.verdict.activated.connect(lambda _: queue.want(verdict=self.verdict.currentData()))
        self.warning.activated.connect(lambda _: queue.want(warning=self.warning.currentData()))
        self.tag.activated.connect(lambda _: queue.want(tag=self.tag.currentData()))
        self.chosen.clicked.connect(lambda: queue.want(chosen=None))
        self.search.textChanged.connect(lambda _: self._search_soon.start())
        self._search_soon.timeout.connect(self._search)

    def _search(self) -> None:
        text = self.search.text().strip() or None
        if text != self._workbench.queue.wanted.text:
            self._workbench.queue.want(text=text)

    def _orders(self) -> dict[str, str]:
        return {
            "worst": tr("Worst first"),
            "best": tr("Best first"),
            "disagreement": tr("Disagreement"),
            "warnings": tr("Warnings first"),
            "newest": tr("Changed last"),
            "oldest": tr("Changed first"),
            "photo": tr("By photo"),
        }

    def _verdicts(self) -> dict[str | None, str]:
        return {
            None: tr("Everybody"),
            "todo": tr("To do"),
            "later": tr("Later"),
            "accepted": tr("Accepted"),
            "rejected": tr("Rejected"),
        }


def _fill(box: QComboBox, words: dict[str | None, str]) -> None:
    """Set the choices of a box by key. An equal list is left alone, because the user may be reading it."""
    if [box.itemText(place) for place in range(box.count())] == list(words.values()):
        return
    box.clear()
    for key, text in words.items():
        box.addItem(text, key)
