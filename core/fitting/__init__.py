"""Fits of bodies to keypoints: `fit`, its settings, and `alternatives` to its result; `fit_to_joints` in 3D.

Modules that need torch are imported on first use, so that a window can show the settings before torch is loaded.
"""

from typing import TYPE_CHECKING, Any

from core.fitting.config import SPIN_WEIGHTS, TRUSTING, FitConfig
from core.wishes import DepthOrder, GroundContact, Pin, RayPin, Turn

if TYPE_CHECKING:
    from core.fitting.age import fit_age
    from core.fitting.joints_fit import JointFit, JointFitConfig, fit_to_joints
    from core.fitting.other_bodies import alternatives
    from core.fitting.ready import warm_up
    from core.fitting.smplify import FitStep, fit

__all__ = [
    "TRUSTING",
    "SPIN_WEIGHTS",
    "DepthOrder",
    "FitConfig",
    "FitStep",
    "GroundContact",
    "JointFit",
    "JointFitConfig",
    "Pin",
    "RayPin",
    "Turn",
    "alternatives",
    "fit",
    "fit_age",
    "fit_to_joints",
    "warm_up",
]
_LATER = {
    "alternatives": "core.fitting.other_bodies",
    "fit": "core.fitting.smplify",
    "fit_age": "core.fitting.age",
    "FitStep": "core.fitting.smplify",
    "JointFit": "core.fitting.joints_fit",
    "JointFitConfig": "core.fitting.joints_fit",
    "fit_to_joints": "core.fitting.joints_fit",
    "warm_up": "core.fitting.ready",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
