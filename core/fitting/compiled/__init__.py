"""What a fit on the CPU spends its time with, as machine code, upon core/body/compiled.

core/fitting/objective.py and solver.py say the same in tensors, for any device and precision, and check this in the
tests. The terms are in core/fitting/terms, the linear algebra in core/fitting/arithmetic.py; here task.py is what is
read, unrolled.py the list of terms, tries.py the solver.
"""

from core.fitting.compiled.task import task_of
from core.fitting.compiled.tries import compiled_tries

__all__ = ["compiled_tries", "task_of"]
