"""What a context menu of a list is for: a person, people selected together, or a photo."""

from PySide6.QtCore import QPoint
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QAbstractItemView

from desktop.commands.context_rows import Target
from desktop.model.workbench import Workbench
from desktop.text.translate import tr
from desktop.views.lists.person_tiles import name_of


def place_of_menu(view: QAbstractItemView, event: QContextMenuEvent) -> QPoint | None:
    """Where the menu opens in the viewport [px]: at the mouse, for a key on the current item. None beside all items."""
    if event.reason() != QContextMenuEvent.Reason.Keyboard:
        return event.pos() if view.indexAt(event.pos()).isValid() else None
    here = view.currentIndex()
    return view.visualRect(here).center() if here.isValid() else None


def people_selected(workbench: Workbench) -> Target | None:
    """The people selected together, or the selected person; None for nobody. A click has selected them."""
    together, photo, person = workbench.queue.together, workbench.photo, workbench.person
    if len(together) > 1:
        return Target("rows", tr("{people} people selected").format(people=len(together)))
    if photo is None or person is None:
        return None
    words = tr("{photo} · id {id}").format(photo=name_of(photo.path), id=person.id)
    return Target("row", words)


def photo_shown(workbench: Workbench) -> Target | None:
    """The photo shown; None for none. A click has chosen it."""
    return None if workbench.photo is None else Target("thumbnail", name_of(workbench.photo.path))
