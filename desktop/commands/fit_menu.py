"""The fit menu: fits and alternatives of the selected person, and fits of the whole queue."""

from desktop.commands.command import BODY, PROJECT, SEEN, UNLOCKED, WORK, Command, Run, alternative, tick
from desktop.commands.people.at_opening import AT_OPENING
from desktop.commands.people.queue_menu import QUEUE
from desktop.commands.people.whole_photo import TOGETHER_ROW
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.state.view import FitOptions
from desktop.text.translate import QT_TR_NOOP

TAKE = (
    QT_TR_NOOP("Take alternative &1"),
    QT_TR_NOOP("Take alternative &2"),
    QT_TR_NOOP("Take alternative &3"),
    QT_TR_NOOP("Take alternative &4"),
    QT_TR_NOOP("Take alternative &5"),
)
CAN_FIT = UNLOCKED | SEEN | BODY


def fit(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Fit from the current fit; without one, from a guess."""
    if shown.fit is not None and not workbench.fits.foreign:
        workbench.fits.fit(shown.fit)
    else:
        workbench.fits.guess()


def search_alternatives(workbench: Workbench, window: Asks, shown: Shown) -> None:
    window.show_panel("alternatives")
    workbench.alternatives.search()


def take_alternative(place: int) -> Run:
    return lambda workbench, window, shown: workbench.alternatives.take(place)


FIT_MENU = (
    Command("fit.fit", QT_TR_NOOP("&Fit"), "F", fit, CAN_FIT),
    Command(
        "fit.anew",
        QT_TR_NOOP("Refit from scr&atch"),
        "Shift+F",
        lambda workbench, *_: workbench.fits.fit(None),
        CAN_FIT,
    ),
    Command(
        "fit.guess",
        QT_TR_NOOP("Fit from the &guess"),
        "G",
        lambda workbench, *_: workbench.fits.guess(),
        CAN_FIT,
    ),
    Command("fit.alternatives", QT_TR_NOOP("Find a&lternatives"), "T", search_alternatives, CAN_FIT),
    *(
        Command(
            f"fit.take_{number}",
            text,
            str(number),
            take_alternative(number - 1),
            UNLOCKED | alternative(number),
        )
        for number, text in enumerate(TAKE, start=1)
    ),
    TOGETHER_ROW,
    *QUEUE,
    AT_OPENING,
    Command(
        "fit.network",
        QT_TR_NOOP("Net&work of the guesses…"),
        "",
        lambda workbench, window, shown: window.choose_network(),
        PROJECT,
    ),
    tick("fit.advanced", QT_TR_NOOP("Ad&vanced options of fits"), "", "advanced"),
    Command(
        "fit.reset_options",
        QT_TR_NOOP("R&eset the options of fits"),
        "",
        lambda workbench, *_: workbench.fits.set_options(FitOptions()),
    ),
    tick("fit.card", QT_TR_NOOP("&Compute on the graphics card"), "", "card"),
    Command(
        "fit.stop",
        QT_TR_NOOP("&Stop the work in the background"),
        "",
        lambda workbench, *_: workbench.stop_jobs(),
        WORK,
    ),
)
