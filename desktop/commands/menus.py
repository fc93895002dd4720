"""The menus in order, and all commands in the order of the menus.

Texts are English here. The window translates them.
"""

from desktop.commands.body_menu import BODY_MENU
from desktop.commands.edit_menu import EDIT_MENU
from desktop.commands.file_menu import FILE_MENU
from desktop.commands.fit_menu import FIT_MENU
from desktop.commands.panel_menu import HELP_MENU, PANEL_MENU
from desktop.commands.person_menu import PERSON_MENU
from desktop.commands.space_menu import SPACE_MENU
from desktop.commands.view_menu import VIEW_MENU
from desktop.text.translate import QT_TR_NOOP

MENUS = {
    "file": QT_TR_NOOP("&File"),
    "edit": QT_TR_NOOP("&Edit"),
    "person": QT_TR_NOOP("&Person"),
    "fit": QT_TR_NOOP("F&it"),
    "body": QT_TR_NOOP("&Body"),
    "view": QT_TR_NOOP("&View"),
    "panel": QT_TR_NOOP("Pa&nels"),
    "space": QT_TR_NOOP("&3D"),
    "help": QT_TR_NOOP("&Help"),
}
COMMANDS = (
    *FILE_MENU,
    *EDIT_MENU,
    *PERSON_MENU,
    *FIT_MENU,
    *BODY_MENU,
    *VIEW_MENU,
    *PANEL_MENU,
    *SPACE_MENU,
    *HELP_MENU,
)
