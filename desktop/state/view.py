"""How things are drawn and what a fit is told: the window's own choices, no part of the history."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from core.records import Verdict
from desktop.theme import Theme, ThemeName, theme

if TYPE_CHECKING:
    import numpy as np

    from core.fitting import FitConfig

NO_KEYPOINT = -1
GhostName = Literal["guess", "previous", "truth"]
GHOSTS: tuple[GhostName, ...] = ("guess", "previous", "truth")
NEAR_A_GUESS = 12.0  # stay_near of a fit that a network's guess begins, unless the panel says otherwise …
NEAR_A_FIT = 0.0  # … and of every other: the defaults of core.fitting, which are at hand only with torch
ADULT = 1.0  # weight of an adult where the age is fitted: with core.fitting's own, which is for adults, nothing moves


@dataclass(frozen=True)
class View:
    """`joint` and `keypoint` (NO_KEYPOINT for none) are selected."""

    joint: str = "pelvis"
    keypoint: int = NO_KEYPOINT
    compared: str = ""  # the joint whose depth is to be ordered with the one that is selected next …
    compared_nearer: bool = True  # … and whether it is to be the nearer of the two
    placing: bool = False  # a click puts the selected keypoint there, and the next absent one is selected
    boxing: bool = False  # arrows move and size a box, until Enter keeps it
    wireframe: bool = False
    floor: bool = True
    rings: bool = False  # around the selected joint, to turn it
    side_view: bool = False  # the body from its side as well
    ghost_guess: bool = False
    ghost_previous: bool = False
    ghost_truth: bool = False
    theme: ThemeName = "system"
    antialiased: bool | None = None  # None: only where OpenGL runs on a graphics card; asked once
    crop: bool = False  # each person who is selected fills the canvas
    silhouette: bool = False  # the body's outline over the photo
    overlay: bool = True  # the body over the photo …
    overlay_opacity: float = 0.55  # … and how much of the photo it hides
    skeleton: bool = True
    residuals: bool = True
    boxes: bool = True
    brightness: float = 0.0  # -1 black … 1 white
    contrast: float = 0.0  # -1 flat … 1 hard
    card: bool = True  # batches are computed on the graphics card, where there is one
    advance: bool = False  # go to the next person after a verdict

    @cached_property
    def ghosts(self) -> tuple[GhostName, ...]:
        """Those that are to be shown, there or not."""
        return tuple(name for name in GHOSTS if getattr(self, f"ghost_{name}"))

    @cached_property
    def colours(self) -> Theme:
        """Those of the theme."""
        return theme(self.theme)


@dataclass(frozen=True, eq=False)
class Chosen:
    """People who were chosen in a plot, and in words who they are. ids (P,)."""

    words: str
    ids: "np.ndarray"


@dataclass(frozen=True)
class Wanted:
    """Which people the queue shows, and in what order (a key of core.store.project.review_queue.ORDERS).

    warning: one of core.body.warnings.WARNINGS, or queue.ANY of them.
    """

    order: str = "worst"
    verdict: Verdict | None = None
    tag: str | None = None
    text: str | None = None
    warning: str | None = None
    chosen: Chosen | None = None


@dataclass(frozen=True)
class FitOptions:
    """What the panel sets of core.fitting.FitConfig, where each field is explained; the rest is its own.

    stay_near: None leaves it to where the fit begins.
    """

    iterations: int = 20
    keypoint_px: float = 2.0
    robust_px: float = 60.0
    pose_prior: float = 1.0
    limits: float = 10.0
    betas: float = 1.0
    stay_near: float | None = None
    free_betas: bool = True
    free_kid: bool = False

    def config(self, **changes: object) -> "FitConfig":
        """The same for core.fitting; imports torch."""
        return self._config(NEAR_A_FIT, changes)

    def config_from_guess(self, **changes: object) -> "FitConfig":
        """The same for a fit that a network's guess begins: what keypoints do not show stays as guessed.

        Who chooses how near, keeps to it also where the guess leads astray.
        """
        from core.fitting import TRUSTING

        lost_px = TRUSTING.lost_px if self.stay_near is None else 0.0
        own = {"soft_iterations": TRUSTING.soft_iterations, "lost_px": lost_px}
        return self._config(NEAR_A_GUESS, {**own, **changes})

    def config_of_age(self, **changes: object) -> "FitConfig":
        """The same for what follows a fit that held to a guess, which knows adults: size and age in the pose found."""
        return self.config(free_pose=False, soft_iterations=0, placing_iterations=0, **changes)

    def _config(self, near: float, changes: Mapping[str, object]) -> "FitConfig":
        from core.fitting import FitConfig

        own = {field.name: getattr(self, field.name) for field in fields(self)}
        if self.stay_near is None:
            own["stay_near"] = near
        if self.free_kid:
            own["kid"] = ADULT
        return FitConfig(**{**own, **changes})
