"""Finds what a context menu of the 3D view is for: a joint, which becomes selected, or the view."""

import numpy as np
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QContextMenuEvent

from core.body.tree import joint_index
from desktop.commands.context_rows import Target
from desktop.model.hover import joint_meant, keypoint_called
from desktop.model.workbench import Workbench
from desktop.text.translate import part, title, tr


def joint_or_view(
    event: QContextMenuEvent,
    workbench: Workbench,
    joint: str | None,
    joints_px: np.ndarray | None,
    room: QRect,
) -> tuple[Target, QPoint]:
    """What the menu is asked for, and its place in the view [px]: the click's joint, or a key's: the marked joint.

    joint: under the mouse; joints_px (24, 2): places of all joints in the view, which fills `room`; None: no body.
    """
    person, at = workbench.person, event.pos()
    if event.reason() != QContextMenuEvent.Reason.Keyboard:
        if joint is not None:
            workbench.change_view(joint=joint, keypoint=keypoint_called(person, joint))
    elif joints_px is None:
        joint, at = None, room.center()
    else:
        joint = joint_meant(person, workbench.view)
        corner = [room.width(), room.height()]
        x, y = np.clip(np.nan_to_num(joints_px[joint_index(joint)]), 0, corner).astype(int).tolist()
        at = QPoint(x, y)
    return Target("space", tr("3D view")) if joint is None else Target("joint", title(part(joint))), at
