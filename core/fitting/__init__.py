"""Bodies from keypoints: `fit`, what it can be told, and `alternatives` to what it found."""

from core.fitting.alternatives import alternatives
from core.fitting.config import SPIN_WEIGHTS, TRUSTING, FitConfig
from core.fitting.ready import warm_up
from core.fitting.smplify import FitStep, fit
from core.wishes import DepthOrder, GroundContact, Pin, RayPin, Turn

__all__ = [
    "TRUSTING",
    "SPIN_WEIGHTS",
    "DepthOrder",
    "FitConfig",
    "FitStep",
    "GroundContact",
    "Pin",
    "RayPin",
    "Turn",
    "alternatives",
    "fit",
    "warm_up",
]
