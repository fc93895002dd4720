"""Part of the person menu: the file of the photo shown, in its folder and by its name."""

from pathlib import PurePosixPath

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication

from desktop.commands.command import PHOTO, Command
from desktop.commands.window_api import Asks
from desktop.model.workbench import Workbench
from desktop.state.shown import Shown
from desktop.text.translate import QT_TR_NOOP, tr


def show_in_folder(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Open the photo's folder in the system's file manager. Nothing but a folder is ever opened."""
    folder = (shown.the_project.folder / shown.the_photo.path).parent
    if not folder.is_dir():
        words = tr("{folder} is not there. Find moved photos looks for the photo elsewhere.")
        workbench.told.emit(words.format(folder=folder))
    elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
        workbench.told.emit(tr("No file manager opens {folder}.").format(folder=folder))


def copy_name(workbench: Workbench, window: Asks, shown: Shown) -> None:
    """Put the name of the photo's file on the clipboard."""
    name = PurePosixPath(shown.the_photo.path).name
    QGuiApplication.clipboard().setText(name)
    workbench.told.emit(tr("Copied: {name}").format(name=name))


PHOTO_FILE = (
    Command(
        "person.show_in_folder",
        QT_TR_NOOP("Show the photo in its &folder"),
        "Ctrl+Shift+E",
        show_in_folder,
        PHOTO,
    ),
    Command("person.copy_name", QT_TR_NOOP("Copy the photo's file na&me"), "Ctrl+Shift+C", copy_name, PHOTO),
)
