"""The text in the middle of a 3D view that has no fit to show."""

from desktop.commands.command import UNLOCKED, available
from desktop.commands.fit_menu import CAN_FIT
from desktop.model.workbench import Workbench
from desktop.text.translate import tr


def notice_of(workbench: Workbench, without_opengl: str) -> str:
    """The text; empty if there is a body to show. without_opengl: the complaint where OpenGL does not work."""
    fits, person = workbench.fits, workbench.person
    if without_opengl:
        return without_opengl
    if fits.body is None:
        no_body = tr("No body is loaded. Open one with File, Open body…")
        return tr("Loading the body…") if fits.loading else no_body
    if person is None or person.fit is not None:
        return ""
    there, nobody = available(workbench), tr("No body is fitted to this person yet.")
    if there >= CAN_FIT:
        return f"{nobody}\n" + tr("Press F to fit one.")
    if there >= UNLOCKED:
        return f"{nobody}\n" + tr("Place keypoints first: P.")
    return nobody
