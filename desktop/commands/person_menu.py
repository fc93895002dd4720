"""What can be asked of keypoints, boxes and people: two menus' part of the command table."""

from PySide6.QtCore import QT_TR_NOOP

from desktop.commands import acts, neighbour_menu
from desktop.commands.command import Command, tick
from desktop.state import person_edits

EDIT = (
    Command(
        "edit.undo",
        QT_TR_NOOP("&Undo"),
        "Ctrl+Z",
        lambda workbench, window: workbench.undo(),
        lambda workbench: workbench.previewing or workbench.history.canUndo(),
    ),
    Command(
        "edit.redo",
        QT_TR_NOOP("&Redo"),
        "Ctrl+Shift+Z",
        lambda workbench, window: workbench.redo(),
        lambda workbench: workbench.history.canRedo(),
    ),
    Command("edit.cancel", QT_TR_NOOP("&Cancel"), "Esc", acts.cancel),
    Command(
        "edit.next_keypoint", QT_TR_NOOP("&Next keypoint"), "Tab", acts.step_keypoint(1), acts.has_person
    ),
    Command(
        "edit.last_keypoint",
        QT_TR_NOOP("Prev&ious keypoint"),
        "Shift+Tab",
        acts.step_keypoint(-1),
        acts.has_person,
    ),
    Command(
        "edit.place",
        QT_TR_NOOP("&Place keypoints by clicking"),
        "P",
        acts.place_keypoints,
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.visibility",
        QT_TR_NOOP("&Visible, occluded, absent"),
        "V",
        acts.cycle_visibility,
        acts.has_keypoint,
    ),
    Command(
        "edit.delete",
        QT_TR_NOOP("&Delete keypoint"),
        "Del",
        acts.with_keypoint(
            QT_TR_NOOP("Delete keypoint"),
            lambda person, index: person_edits.with_visibility(person, index, "absent"),
        ),
        acts.has_keypoint,
    ),
    Command(
        "edit.swap_limb",
        QT_TR_NOOP("Swap left and right of the li&mb"),
        "X",
        acts.with_keypoint(QT_TR_NOOP("Swap limb"), acts.swap_limb),
        acts.has_keypoint,
    ),
    Command(
        "edit.swap_person",
        QT_TR_NOOP("&Swap left and right of the person"),
        "Shift+X",
        acts.swap_person,
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.exchange_limb",
        QT_TR_NOOP("&Exchange limb with the nearest"),
        "Y",
        neighbour_menu.exchange_limb,
        lambda workbench: acts.has_keypoint(workbench) and neighbour_menu.has_neighbour(workbench),
    ),
    Command(
        "edit.exchange_detection",
        QT_TR_NOOP("Exchange &whole with the nearest"),
        "Shift+Y",
        neighbour_menu.exchange_detection,
        neighbour_menu.has_neighbour,
    ),
    Command(
        "edit.copy_last",
        QT_TR_NOOP("Copy keypoints &from the previous photo"),
        "Alt+PgUp",
        neighbour_menu.copy_from_photo(-1),
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.copy_next",
        QT_TR_NOOP("Copy keypoints from the next ph&oto"),
        "Alt+PgDown",
        neighbour_menu.copy_from_photo(1),
        lambda workbench: workbench.editable,
    ),
    Command(
        "edit.restore",
        QT_TR_NOOP("Restore &keypoints as they came"),
        "",
        acts.restore_keypoints,
        lambda workbench: workbench.editable and workbench.person.original_keypoints is not None,
    ),
)
PERSON = (
    Command(
        "person.accept",
        QT_TR_NOOP("&Accept"),
        "A",
        acts.judge("accepted", QT_TR_NOOP("Accept person {id}")),
        acts.can_judge,
    ),
    Command(
        "person.reject",
        QT_TR_NOOP("&Reject"),
        "R",
        acts.judge("rejected", QT_TR_NOOP("Reject person {id}")),
        acts.can_judge,
    ),
    Command(
        "person.later",
        QT_TR_NOOP("&Later"),
        "L",
        acts.judge("later", QT_TR_NOOP("Person {id} is for later")),
        acts.can_judge,
    ),
    Command(
        "person.todo",
        QT_TR_NOOP("&Undecided, unlocked"),
        "U",
        acts.judge("todo", QT_TR_NOOP("Person {id} is undecided")),
        acts.can_judge,
    ),
    Command("person.next_worst", QT_TR_NOOP("Next &worst"), "Space", acts.next_worst, acts.has_project),
    Command("person.next", QT_TR_NOOP("&Next in the queue"), "PgDown", acts.step_person(1), acts.has_project),
    Command("person.last", QT_TR_NOOP("&Back in the queue"), "PgUp", acts.step_person(-1), acts.has_project),
    Command(
        "person.next_here",
        QT_TR_NOOP("Next &in this photo"),
        "Shift+PgDown",
        acts.step_person_here(1),
        acts.has_person,
    ),
    Command(
        "person.last_here",
        QT_TR_NOOP("Ba&ck in this photo"),
        "Shift+PgUp",
        acts.step_person_here(-1),
        acts.has_person,
    ),
    Command(
        "person.next_photo", QT_TR_NOOP("Next &photo"), "Ctrl+PgDown", acts.step_photo(1), acts.has_project
    ),
    Command(
        "person.last_photo", QT_TR_NOOP("Previous p&hoto"), "Ctrl+PgUp", acts.step_photo(-1), acts.has_project
    ),
    Command(
        "person.draw",
        QT_TR_NOOP("&Draw a new person"),
        "N",
        lambda workbench, window: window.draw_person(),
        lambda workbench: workbench.photo is not None and workbench.writable,
    ),
    Command(
        "person.adjust_box",
        QT_TR_NOOP("Mo&ve and size the box"),
        "W",
        lambda workbench, window: window.adjust_box(),
        lambda workbench: workbench.editable,
    ),
    Command(
        "person.box",
        QT_TR_NOOP("Box around the &keypoints"),
        "Shift+B",
        acts.box_around,
        lambda workbench: workbench.editable,
    ),
    Command(
        "person.detect", QT_TR_NOOP("De&tect where nobody is yet"), "Ctrl+D", acts.detect, acts.can_write
    ),
    Command(
        "person.delete",
        QT_TR_NOOP("D&elete person"),
        "Ctrl+Del",
        acts.delete_person,
        lambda workbench: workbench.editable,
    ),
    tick("person.advance", QT_TR_NOOP("&Go on after a verdict"), "", "advance"),
)
