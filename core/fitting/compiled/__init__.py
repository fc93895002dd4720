"""What a fit on the CPU spends its time with, as machine code.

core/fitting/objective.py and solver.py say the same in tensors, for any device and precision, and check this in the
tests. tables.py is what is read, posing.py and terms.py the objective, arithmetic.py the linear algebra, tries.py the
solver, moving.py the body as it is drawn meanwhile.
"""

from core.fitting.compiled.moving import moving_body
from core.fitting.compiled.tables import task_of
from core.fitting.compiled.tries import compiled_tries

__all__ = ["compiled_tries", "moving_body", "task_of"]
