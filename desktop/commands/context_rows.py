"""Context menus as data: the commands for each kind of thing that can be clicked, in groups."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "keypoint",
    "bone",
    "person",
    "row",  # of a list of people
    "rows",  # several selected together
    "thumbnail",  # of a photo
    "photo",
    "joint",
    "space",
    "fit_plot",
    "data_plot",
    "timeline",
    "tools",
]
Groups = tuple[tuple[str, ...], ...]

_FITS = ("fit.fit", "fit.anew", "fit.guess", "fit.alternatives")
_VERDICTS = ("person.accept", "person.reject", "person.later", "person.todo")
_FILE = ("person.show_in_folder", "person.copy_name")
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
        ("person.in_front", "person.behind", "fit.together"),
        ("person.delete",),
    ),
    "row": (
        _VERDICTS,
        _FITS,
        ("view.person", "view.sheet"),
        _FILE,
        ("person.delete",),
    ),
    "rows": (
        _VERDICTS,
        ("fit.selected", "fit.guess_selected"),
        ("person.delete", "edit.undo"),
    ),
    "thumbnail": (
        ("person.draw", "person.detect"),
        ("person.last_photo", "person.next_photo"),
        _FILE,
        ("panel.filmstrip",),
    ),
    "photo": (
        ("person.draw", "person.detect"),
        ("view.whole", "view.person", "view.pixels"),
        (
            "view.overlay",
            "view.other_bodies",
            "view.style",
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
        ("space.frame", "space.home", "space.from_photo"),
        ("space.from_front", "space.from_left", "space.from_top"),
        ("space.everyone", "space.side_view", "space.rings", "space.wireframe", "space.floor"),
        ("space.ghost_guess", "space.ghost_previous", "space.ghost_truth"),
    ),
    "fit_plot": (_FITS,),
    "timeline": (
        ("sequence.swap", "sequence.cut", "sequence.join", "sequence.find"),
        ("sequence.next_corrected", "sequence.last_corrected", "sequence.next_gap", "sequence.last_gap"),
        ("sequence.play", "edit.undo", "sequence.timeline"),
    ),
    "tools": (("view.toolbar_text",), ("help.palette", "help.shortcuts", "help.change_shortcuts")),
    "data_plot": (("person.everybody", "person.next_worst", "view.sheet"), ("fit.queue", "fit.guess_queue")),
}


@dataclass(frozen=True)
class Target:
    """What a context menu is opened for. title: its name for the user."""

    kind: Kind
    title: str
