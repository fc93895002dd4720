"""The report of work that writes a file, shown as a notice; of something lost, as a text to be read whole."""

from typing import Any

from desktop.model.workbench import Workbench


def show_report(workbench: Workbench, step: Any) -> None:
    """Show `step.told`, if there is any. step.lost, where a step has it: whether something is not in the file."""
    if step.told:
        (workbench.reported if getattr(step, "lost", False) else workbench.told).emit(step.told)
