"""What can be asked for from a menu, a button or the keyboard: one record each, and the usual ways to make one."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench

Run = Callable[[Workbench, Asks], object]


@dataclass(frozen=True)
class Command:
    """`id` is "menu.name"; `checked` makes it a tick; a `group` of ticks is a choice of one."""

    id: str
    text: str
    shortcut: str
    run: Run
    enabled: Callable[[Workbench], bool] = lambda workbench: True
    checked: Callable[[Workbench], bool] | None = None
    group: str = ""

    @property
    def menu(self) -> str:
        return self.id.split(".")[0]


def tick(name: str, text: str, shortcut: str, field: str) -> Command:
    """A command that turns a flag of the view on and off."""
    return Command(
        name,
        text,
        shortcut,
        lambda workbench, window: workbench.change_view(**{field: not getattr(workbench.view, field)}),
        checked=lambda workbench: bool(getattr(workbench.view, field)),
    )


def shift(field: str, by: float, low: float, high: float) -> Run:
    """More or less of a number of the view."""
    return lambda workbench, window: workbench.change_view(
        **{field: round(min(max(getattr(workbench.view, field) + by, low), high), 3)}
    )
