"""The terms of a fit, in the order in which they are reported. A new one is one file and one name here."""

from __future__ import annotations

from core.fitting.terms import (
    hinges,
    limits,
    pose_prior,
    reprojection,
    shape_prior,
    stay_near,
    upright,
    wish_residuals,
)
from core.fitting.terms.term import FitTerm

TERMS: tuple[FitTerm, ...] = (
    reprojection.TERM,
    pose_prior.TERM,
    hinges.TERM,
    limits.TERM,
    upright.TERM,
    shape_prior.TERM,
    stay_near.TERM,
    wish_residuals.TERM,
)
