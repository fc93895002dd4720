"""What can be asked of the body in 3D and of the view of it: two menus' part of the command table."""

from desktop import acts, body_acts
from desktop.command import Command, Run, tick


def _look_from(place: str) -> Run:
    return lambda workbench, window: window.look_from(place)


def _foot_down(side: str, text: str, shortcut: str) -> Command:
    return Command(
        f"body.{side}_foot",
        text,
        shortcut,
        body_acts.put_foot_down(side),
        acts.can_refit,
        checked=lambda workbench: body_acts.foot_is_down(workbench, side),
    )


def _turn(name: str, axis: int, sign: int, text: str, shortcut: str) -> Command:
    act = body_acts.turn_by_key(axis, sign * body_acts.TURN_STEP_DEG)
    return Command(f"body.turn_{name}", text, shortcut, act, acts.has_fit)


BODY = (
    Command("body.flip", "&Flip the limb's depth", "D", body_acts.flip_depth, acts.can_refit),
    Command(
        "body.nearer", "Joint &nearer", "[", body_acts.step_depth(-body_acts.DEPTH_STEP_M), acts.can_refit
    ),
    Command("body.farther", "Joint &away", "]", body_acts.step_depth(body_acts.DEPTH_STEP_M), acts.can_refit),
    Command("body.nearer_than", "Nearer &than …", "{", body_acts.order_depth(nearer=True), acts.can_refit),
    Command("body.farther_than", "Farther t&han …", "}", body_acts.order_depth(nearer=False), acts.can_refit),
    _foot_down("left", "&Left foot on the floor", ","),
    _foot_down("right", "&Right foot on the floor", "."),
    Command(
        "body.let_go",
        "Let &go of all that is held",
        "",
        body_acts.let_go,
        lambda workbench: acts.has_fit(workbench) and bool(workbench.person.wishes),
    ),
    _turn("x", 0, 1, "Turn about &x", "Alt+Up"),
    _turn("x_back", 0, -1, "Turn &back about x", "Alt+Down"),
    _turn("y", 1, 1, "Turn about &y", "Alt+Right"),
    _turn("y_back", 1, -1, "Turn ba&ck about y", "Alt+Left"),
    _turn("z", 2, 1, "Turn about &z", "Alt+Shift+Right"),
    _turn("z_back", 2, -1, "Turn bac&k about z", "Alt+Shift+Left"),
    Command("body.reset_joint", "Reset &joint", "Ctrl+J", body_acts.reset_joint, acts.has_fit),
    Command("body.reset_pose", "Reset &pose", "Ctrl+Shift+J", body_acts.reset_pose, acts.has_fit),
    Command("body.reset_shape", "Reset &shape", "Ctrl+Shift+B", body_acts.reset_shape, acts.has_fit),
)
SPACE = (
    Command("space.home", "&Whole body", "Home", _look_from("home")),
    Command("space.from_photo", "As the &photo", "Ctrl+Home", _look_from("photo")),
    Command("space.from_left", "From the &side", "End", _look_from("left")),
    Command("space.from_top", "From &above", "Ctrl+End", _look_from("top")),
    tick("space.side_view", "Side &view as well", "S", "side_view"),
    tick("space.rings", "&Rings to turn the joint", "O", "rings"),
    tick("space.ghost_guess", "Ghost of the &guess", "Shift+G", "ghost_guess"),
    tick("space.ghost_previous", "Ghost of the fit &before", "Shift+P", "ghost_previous"),
    tick("space.ghost_truth", "Ghost of the &truth", "Shift+T", "ghost_truth"),
    tick("space.wireframe", "Wire&frame", "Ctrl+L", "wireframe"),
    tick("space.floor", "F&loor", "", "floor"),
)
