"""What can be asked of the body in 3D and of the view of it: two menus' part of the command table."""

from PySide6.QtCore import QT_TR_NOOP

from desktop.commands import acts, body_menu
from desktop.commands.command import Command, Run, tick


def _look_from(place: str) -> Run:
    return lambda workbench, window: window.view_from(place)


def _foot_down(side: str, text: str, shortcut: str) -> Command:
    return Command(
        f"body.{side}_foot",
        text,
        shortcut,
        body_menu.put_foot_down(side),
        acts.can_refit,
        checked=lambda workbench: body_menu.foot_is_down(workbench, side),
    )


def _move(name: str, to: tuple[int, int], text: str, shortcut: str) -> Command:
    step = body_menu.DEPTH_STEP_M
    act = body_menu.step_joint((step * to[0], step * to[1]))
    return Command(f"body.move_{name}", text, shortcut, act, acts.can_refit)


def _turn(name: str, axis: int, sign: int, text: str, shortcut: str) -> Command:
    act = body_menu.turn_by_key(axis, sign * body_menu.TURN_STEP_DEG)
    return Command(f"body.turn_{name}", text, shortcut, act, acts.has_fit)


BODY = (
    Command("body.flip", QT_TR_NOOP("&Flip the limb's depth"), "D", body_menu.flip_depth, acts.can_refit),
    Command(
        "body.nearer",
        QT_TR_NOOP("Joint &nearer"),
        "[",
        body_menu.step_depth(-body_menu.DEPTH_STEP_M),
        acts.can_refit,
    ),
    Command(
        "body.farther",
        QT_TR_NOOP("Joint &away"),
        "]",
        body_menu.step_depth(body_menu.DEPTH_STEP_M),
        acts.can_refit,
    ),
    Command(
        "body.nearer_than",
        QT_TR_NOOP("Nearer &than …"),
        "{",
        body_menu.order_depth(nearer=True),
        acts.can_refit,
    ),
    Command(
        "body.farther_than",
        QT_TR_NOOP("Farther t&han …"),
        "}",
        body_menu.order_depth(nearer=False),
        acts.can_refit,
    ),
    _move("left", (-1, 0), QT_TR_NOOP("J&oint to the left"), "Ctrl+Shift+Left"),
    _move("right", (1, 0), QT_TR_NOOP("Jo&int to the right"), "Ctrl+Shift+Right"),
    _move("up", (0, -1), QT_TR_NOOP("Joint &up"), "Ctrl+Shift+Up"),
    _move("down", (0, 1), QT_TR_NOOP("Joint &down"), "Ctrl+Shift+Down"),
    _foot_down("left", QT_TR_NOOP("&Left foot on the floor"), ","),
    _foot_down("right", QT_TR_NOOP("&Right foot on the floor"), "."),
    Command(
        "body.let_go",
        QT_TR_NOOP("Let &go of all that is held"),
        "",
        body_menu.let_go,
        lambda workbench: acts.has_fit(workbench) and bool(workbench.person.wishes),
    ),
    _turn("x", 0, 1, QT_TR_NOOP("Turn about &x"), "Alt+Up"),
    _turn("x_back", 0, -1, QT_TR_NOOP("Turn &back about x"), "Alt+Down"),
    _turn("y", 1, 1, QT_TR_NOOP("Turn about &y"), "Alt+Right"),
    _turn("y_back", 1, -1, QT_TR_NOOP("Turn ba&ck about y"), "Alt+Left"),
    _turn("z", 2, 1, QT_TR_NOOP("Turn about &z"), "Alt+Shift+Right"),
    _turn("z_back", 2, -1, QT_TR_NOOP("Turn bac&k about z"), "Alt+Shift+Left"),
    Command("body.reset_joint", QT_TR_NOOP("Reset &joint"), "Ctrl+J", body_menu.reset_joint, acts.has_fit),
    Command("body.reset_pose", QT_TR_NOOP("Reset &pose"), "Ctrl+Shift+J", body_menu.reset_pose, acts.has_fit),
    Command(
        "body.reset_shape", QT_TR_NOOP("Reset &shape"), "Ctrl+Shift+B", body_menu.reset_shape, acts.has_fit
    ),
)
SPACE = (
    Command("space.home", QT_TR_NOOP("&Whole body"), "Home", _look_from("home")),
    Command("space.from_photo", QT_TR_NOOP("As the &photo"), "Ctrl+Home", _look_from("photo")),
    Command("space.from_left", QT_TR_NOOP("From the &side"), "End", _look_from("left")),
    Command("space.from_top", QT_TR_NOOP("From &above"), "Ctrl+End", _look_from("top")),
    tick("space.side_view", QT_TR_NOOP("Side &view as well"), "S", "side_view"),
    tick("space.rings", QT_TR_NOOP("&Rings to turn the joint"), "O", "rings"),
    tick("space.ghost_guess", QT_TR_NOOP("Ghost of the &guess"), "Shift+G", "ghost_guess"),
    tick("space.ghost_previous", QT_TR_NOOP("Ghost of the fit &before"), "Shift+P", "ghost_previous"),
    tick("space.ghost_truth", QT_TR_NOOP("Ghost of the &truth"), "Shift+T", "ghost_truth"),
    tick("space.wireframe", QT_TR_NOOP("Wire&frame"), "Ctrl+L", "wireframe"),
    tick("space.floor", QT_TR_NOOP("F&loor"), "", "floor"),
)
