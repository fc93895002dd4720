"""The inner loop of a fit on the CPU as machine code, based on core/body/compiled.

core/fitting/objective.py and solver.py compute the same in tensors, for any device and precision; tests compare the
two. The terms are in core/fitting/terms, the linear algebra in core/fitting/arithmetic.py. Here task.py is the input,
unrolled.py the list of terms, tries.py the solver.
"""

from core.fitting.compiled.task import task_of
from core.fitting.compiled.tries import compiled_tries

__all__ = ["compiled_tries", "task_of"]
