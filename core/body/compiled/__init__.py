"""A body's points as machine code: what core/body says in tensors, for one body at a time and without a wait.

core/compute/machine_code.py is how, body_table.py what is read,
posing.py the keypoints and how they move, moving.py a body to be drawn.
"""

from core.body.compiled.moving import moving_body

__all__ = ["moving_body"]
