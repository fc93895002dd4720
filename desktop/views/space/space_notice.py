"""The text in the middle of a 3D view that has no fit to show."""

from desktop.commands.command import UNLOCKED, available
from desktop.commands.fit_menu import CAN_FIT
from desktop.model.workbench import Workbench
from desktop.text.translate import tr


def notice_of(workbench: Workbench, why: str) -> str:
    """The text; empty if there is a body to show. why: the complaint of OpenGL, empty where it works."""
    fits, person = workbench.fits, workbench.person
    if why:
        return tr(
            "The 3D view needs OpenGL, and it is not there: {why}.\n"
            "Update the graphics driver, or install Mesa's software OpenGL "
            "(Debian: sudo apt-get install libgl1-mesa-dri).\nEverything else goes on without it."
        ).format(why=why)
    if fits.body is None:
        no_body = tr("No body is loaded. Open one with File, Open body…")
        return tr("Loading the body…") if fits.loading else no_body
    if person is None or person.fit is not None:
        return ""
    there = available(workbench)
    if there >= CAN_FIT:
        return tr("No body is fitted to this person yet.\nPress F to fit one.")
    if there >= UNLOCKED:
        return tr("No body is fitted to this person yet.\nPlace keypoints first: P.")
    return tr("No body is fitted to this person yet.")
