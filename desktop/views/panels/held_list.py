"""The list of a person's wishes: a line per wish, with a button that removes it."""

from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QGridLayout, QLabel, QToolButton, QWidget

from core.wishes import DepthOrder, GroundContact, PersonOrder, Pin, RayPin, Wish
from desktop.commands.body_menu import let_go_of
from desktop.model.workbench import Workbench
from desktop.text.translate import part, tr


class HeldList(QWidget):
    """Pins, depth orders, feet on the floor and turned joints of the selected person."""

    def __init__(self, workbench: Workbench, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._workbench = workbench
        self._shown: object = None
        self.buttons: list[QToolButton] = []  # one per line
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(2)
        self._grid.setColumnStretch(0, 1)
        workbench.photo_changed.connect(self._show)
        workbench.view_changed.connect(self._show)
        self._show()

    def lines(self) -> list[str]:
        """The texts, a line per wish."""
        person = self._workbench.person
        return [self.words(wish) for wish in person.wishes] if person is not None else []

    def words(self, wish: Wish) -> str:
        """A wish in words."""
        if isinstance(wish, DepthOrder):
            near, far = _plain(wish.nearer), _plain(wish.farther)
            return tr("{near} before {far}").format(near=near, far=far)
        if isinstance(wish, PersonOrder):
            words = tr("In front of person {id}") if wish.nearer else tr("Behind person {id}")
            return words.format(id=wish.other)
        name = _plain(wish.name)
        if isinstance(wish, Pin | RayPin):
            return tr("{name} stays where it is").format(name=name)
        if isinstance(wish, GroundContact):
            return tr("{name} on the floor").format(name=name)
        return tr("{name} stays turned").format(name=name)

    def _show(self) -> None:
        person, view = self._workbench.person, self._workbench.view
        wishes = person.wishes if person is not None else ()
        what_for = (wishes, self._workbench.editable, view.colours.name)
        if what_for == self._shown:
            return
        self._shown = what_for
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self.buttons = []
        for row, wish in enumerate(wishes):
            self._add(row, wish)
        if not wishes:
            hint = QLabel(tr("Nothing is held. Drag a joint in 3D, or turn it by its rings (O)."))
            hint.setWordWrap(True)
            palette = hint.palette()
            palette.setColor(QPalette.ColorRole.WindowText, QColor(view.colours.muted))
            hint.setPalette(palette)
            self._grid.addWidget(hint, 0, 0)

    def _add(self, row: int, wish: Wish) -> None:
        label = QLabel(self.words(wish))
        label.setToolTip(tr("Later fits of this person keep it"))
        button = QToolButton()
        button.setText("×")
        button.setAutoRaise(True)
        button.setToolTip(tr("Let go"))
        button.setAccessibleName(tr("Let go: {what}").format(what=self.words(wish)))
        button.setEnabled(self._workbench.editable)
        button.clicked.connect(partial(let_go_of, self._workbench, wish))
        self._grid.addWidget(label, row, 0)
        self.buttons.append(button)
        self._grid.addWidget(button, row, 1, Qt.AlignmentFlag.AlignRight)


def _plain(name: str) -> str:
    return part(name)
