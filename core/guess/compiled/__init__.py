"""What surrounds the lifter's network, as machine code: for one person its small tensor operations take several times
as long as the network. seeing.py is before it, standing.py after it; lifter.py says the same in tensors, to which tests
hold this.
"""

from core.guess.compiled.seeing import features_of
from core.guess.compiled.standing import Asked, bodies_of

__all__ = ["Asked", "bodies_of", "features_of"]
