"""Bodies from keypoints: `fit`, what it can be told, and `alternatives` to what it found."""

from core.fitting.alternatives import alternatives
from core.fitting.config import SPIN_WEIGHTS, TRUSTING, FitConfig
from core.fitting.residuals import DepthOrder, GroundContact, Pin, RayPin
from core.fitting.smplify import FitStep, fit

__all__ = [
    "TRUSTING",
    "SPIN_WEIGHTS",
    "DepthOrder",
    "FitConfig",
    "FitStep",
    "GroundContact",
    "Pin",
    "RayPin",
    "alternatives",
    "fit",
]
