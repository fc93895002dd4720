"""A body's points as machine code: the arithmetic of core/body for one body at a time, without the delays of tensors.

core/compute/machine_code.py compiles, body_table.py is the input,
posing.py computes the keypoints and their Jacobian, moving.py a body to draw.
"""

from core.body.compiled.moving import moving_body

__all__ = ["moving_body"]
