"""The panel menu and the help menu: commands of the window itself."""

from desktop.commands.command import Command, Run, tick
from desktop.commands.file_menu import open_sample
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP


def _step(by: int) -> Run:
    return lambda workbench, window, shown: window.step_panel(by)


def _stretch(wider: int, taller: int) -> Run:
    return lambda workbench, window, shown: window.stretch_panel(wider, taller)


def first_steps(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Open the sample with its line of first steps, also where the user closed that line before."""
    window.show_first_steps()
    open_sample(workbench, window, shown)


PANEL_MENU = (
    Command("panel.next", QT_TR_NOOP("&Jump to next panel"), "F6", _step(1)),
    Command("panel.last", QT_TR_NOOP("Jump to pre&vious panel"), "Shift+F6", _step(-1)),
    Command("panel.wider", QT_TR_NOOP("Panel &wider"), "F7", _stretch(1, 0)),
    Command("panel.narrower", QT_TR_NOOP("Panel &narrower"), "Shift+F7", _stretch(-1, 0)),
    Command("panel.taller", QT_TR_NOOP("Panel &taller"), "F8", _stretch(0, 1)),
    Command("panel.shorter", QT_TR_NOOP("Panel &shorter"), "Shift+F8", _stretch(0, -1)),
    tick("panel.filmstrip", QT_TR_NOOP("F&ilmstrip of the photos"), "Shift+C", "filmstrip"),
    Command(
        "panel.reset",
        QT_TR_NOOP("De&fault panel layout"),
        "",
        lambda workbench, window, shown: window.reset_layout(),
    ),
)
HELP_MENU = (
    Command(
        "help.palette",
        QT_TR_NOOP("&All commands…"),
        "Ctrl+K",
        lambda workbench, window, shown: window.show_palette(),
    ),
    Command(
        "help.shortcuts",
        QT_TR_NOOP("&Shortcuts"),
        "?",
        lambda workbench, window, shown: window.show_shortcuts(),
    ),
    Command("help.first_steps", QT_TR_NOOP("&First steps in the sample"), "", first_steps),
    Command(
        "help.manual",
        QT_TR_NOOP("&Documentation…"),
        "F1",
        lambda workbench, window, shown: window.show_manual(),
    ),
    tick("help.hints", QT_TR_NOOP("&Hints on the photo"), "", "hints"),
    Command(
        "help.jobs",
        QT_TR_NOOP("&Jobs…"),
        "F9",
        lambda workbench, window, shown: window.show_jobs(),
    ),
    Command(
        "help.report",
        QT_TR_NOOP("Last &report…"),
        "",
        lambda workbench, window, shown: window.show_report(),
    ),
    Command(
        "help.change_shortcuts",
        QT_TR_NOOP("&Change shortcuts…"),
        "",
        lambda workbench, window, shown: window.show_settings(keys=True),
    ),
    Command(
        "help.about",
        QT_TR_NOOP("A&bout Fitloop…"),
        "",
        lambda workbench, window, shown: window.show_about(),
    ),
)
