"""Context menus as data: the commands for each kind of thing that can be clicked, in groups."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["keypoint", "bone", "person", "people", "photo", "joint", "space", "fit_plot", "data_plot"]
Groups = tuple[tuple[str, ...], ...]

_FITS = ("fit.fit", "fit.anew", "fit.guess", "fit.alternatives")
_VERDICTS = ("person.accept", "person.reject", "person.later", "person.todo")
_DEPTH = ("body.flip", "body.nearer_than", "body.farther_than")
ROWS: dict[Kind, Groups] = {
    "keypoint": (
        ("edit.visibility", "edit.delete", "edit.place"),
        ("edit.swap_limb", "edit.exchange_limb", "edit.copy_last", "edit.copy_next"),
        _DEPTH,
        ("edit.restore", "edit.undo"),
    ),
    "bone": (
        ("edit.swap_limb", "edit.exchange_limb"),
        _DEPTH,
        ("edit.undo",),
    ),
    "person": (
        _FITS,
        _VERDICTS,
        ("view.person", "person.adjust_box", "person.box"),
        ("edit.place", "edit.swap_person", "edit.exchange_detection", "edit.restore"),
        ("person.delete",),
    ),
    "people": (
        _VERDICTS,
        ("fit.fit", "fit.guess"),
        ("person.delete",),
    ),
    "photo": (
        ("person.draw", "person.detect"),
        ("view.whole", "view.person", "view.pixels"),
        (
            "view.overlay",
            "view.other_bodies",
            "view.silhouette",
            "view.skeleton",
            "view.residuals",
            "view.boxes",
        ),
        ("view.sheet",),
    ),
    "joint": (
        ("body.nearer", "body.farther", *_DEPTH),
        ("space.rings", "body.reset_joint", "body.reset_pose"),
        ("body.left_foot", "body.right_foot", "body.let_go"),
    ),
    "space": (
        ("space.home", "space.from_photo", "space.from_left", "space.from_top"),
        ("space.side_view", "space.rings", "space.wireframe", "space.floor"),
        ("space.ghost_guess", "space.ghost_previous", "space.ghost_truth"),
    ),
    "fit_plot": (_FITS,),
    "data_plot": (("person.next_worst", "view.sheet"), ("fit.queue", "fit.guess_queue")),
}


@dataclass(frozen=True)
class Target:
    """What a context menu is opened for. title: its name for the user."""

    kind: Kind
    title: str
