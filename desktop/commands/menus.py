"""The menus in order, and all commands in the order of the menus.

Texts are English here. The window translates them.
"""

from desktop.commands.body_menu import BODY_MENU
from desktop.commands.edit_menu import EDIT_MENU
from desktop.commands.file_menu import FILE_MENU
from desktop.commands.fit_menu import FIT_MENU
from desktop.commands.panel_menu import HELP_MENU, PANEL_MENU
from desktop.commands.people.person_menu import PERSON_MENU
from desktop.commands.sequence_menu import SEQUENCE_MENU
from desktop.commands.space_menu import SPACE_MENU
from desktop.commands.train_menu import TRAIN_MENU
from desktop.commands.view_menu import VIEW_MENU
from desktop.text.translate import QT_TR_NOOP

MENUS = {
    "file": QT_TR_NOOP("&File"),
    "edit": QT_TR_NOOP("&Edit"),
    "person": QT_TR_NOOP("&Person"),
    "sequence": QT_TR_NOOP("&Sequence"),
    "fit": QT_TR_NOOP("F&it"),
    "body": QT_TR_NOOP("&Body"),
    "train": QT_TR_NOOP("&Train"),
    "view": QT_TR_NOOP("&View"),
    "panel": QT_TR_NOOP("Pa&nels"),
    "space": QT_TR_NOOP("&3D"),
    "help": QT_TR_NOOP("&Help"),
}
# Commands in a submenu: the words of the submenu, and how the ids in it begin. It stands at the first of them.
SUBMENUS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (QT_TR_NOOP("&Export"), ("file.export_",)),
    (
        QT_TR_NOOP("People in one bo&x"),
        ("person.same_box", "person.in_front", "person.behind", "person.reset_trunk"),
    ),
    (QT_TR_NOOP("&Take an alternative"), ("fit.take_",)),
    (QT_TR_NOOP("&Move the joint"), ("body.move_",)),
    (QT_TR_NOOP("Turn th&e joint"), ("body.turn_",)),
    (QT_TR_NOOP("Re&set"), ("body.reset_",)),
    (
        QT_TR_NOOP("Brightness and &contrast"),
        ("view.brighter", "view.darker", "view.harder", "view.softer", "view.tones"),
    ),
    (QT_TR_NOOP("Colo&urs"), ("view.theme_",)),
    (QT_TR_NOOP("&Ghosts"), ("space.ghost_",)),
)
# A line stands above each of these in its menu.
BEGIN_A_GROUP = frozenset(
    (
        *("file.add", "file.save_fits", "file.find_photos", "file.open_body", "file.close"),
        *("edit.cancel", "edit.next_keypoint", "edit.swap_limb", "edit.copy_last", "edit.restore"),
        *("person.next_worst", "person.draw", "person.delete", "person.advance"),
        *("sequence.next_corrected", "sequence.swap", "sequence.find", "sequence.timeline"),
        *("fit.queue", "fit.network", "fit.stop"),
        *("body.nearer_than", "body.move_left", "body.left_foot", "body.turn_x"),
        *("view.whole", "view.overlay", "view.skeleton", "view.brighter", "view.toolbar_text"),
        *("panel.wider", "panel.reset", "space.side_view", "space.wireframe"),
        *("help.first_steps", "help.jobs", "help.about"),
    )
)


COMMANDS = (
    *FILE_MENU,
    *EDIT_MENU,
    *PERSON_MENU,
    *SEQUENCE_MENU,
    *FIT_MENU,
    *BODY_MENU,
    *TRAIN_MENU,
    *VIEW_MENU,
    *PANEL_MENU,
    *SPACE_MENU,
    *HELP_MENU,
)


def submenu_of(command: str) -> str:
    """The words of the submenu that a command stands in; empty for none."""
    return next((words for words, ids in SUBMENUS if command.startswith(ids)), "")
