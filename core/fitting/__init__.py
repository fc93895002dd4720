"""Fits of bodies to keypoints: `fit`, its settings, and `alternatives` to its result; `fit_to_joints` in 3D.

Modules that need torch are imported on first use, so that a window can show the settings before torch is loaded.
"""

from typing import TYPE_CHECKING, Any

from core.fitting.config import SPIN_WEIGHTS, TRUSTING, FitConfig
from core.wishes import DepthOrder, GroundContact, Pin, RayPin, Turn

if TYPE_CHECKING:
    from core.fitting.age import fit_age
    from core.fitting.crowd.fit_together import Together, TogetherConfig, fit_together, penetration
    from core.fitting.joints.joints_fit import JointFit, JointFitConfig, fit_to_joints
    from core.fitting.ready import warm_up
    from core.fitting.smplify import FitStep, fit
    from core.fitting.starts.other_bodies import alternatives

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
    "Together",
    "TogetherConfig",
    "Turn",
    "alternatives",
    "fit",
    "fit_age",
    "fit_to_joints",
    "fit_together",
    "penetration",
    "warm_up",
]
_LATER = {
    "alternatives": "core.fitting.starts.other_bodies",
    "fit": "core.fitting.smplify",
    "fit_age": "core.fitting.age",
    "FitStep": "core.fitting.smplify",
    "JointFit": "core.fitting.joints.joints_fit",
    "JointFitConfig": "core.fitting.joints.joints_fit",
    "fit_to_joints": "core.fitting.joints.joints_fit",
    "Together": "core.fitting.crowd.fit_together",
    "TogetherConfig": "core.fitting.crowd.fit_together",
    "fit_together": "core.fitting.crowd.fit_together",
    "penetration": "core.fitting.crowd.fit_together",
    "warm_up": "core.fitting.ready",
}


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
