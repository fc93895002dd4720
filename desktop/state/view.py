"""How things are drawn and what a fit is told: the window's own choices, no part of the history."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from core.fitting import TRUSTING, FitConfig
from core.records import Verdict
from desktop.theme import Theme, ThemeName, theme

if TYPE_CHECKING:
    import numpy as np

NO_KEYPOINT = -1
GhostName = Literal["guess", "previous", "truth"]
GHOSTS: tuple[GhostName, ...] = ("guess", "previous", "truth")
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
    """What the panel tells a fit. stay_near, in place of told's: None leaves it to where the fit begins."""

    told: FitConfig = field(default_factory=FitConfig)
    stay_near: float | None = None

    def value(self, name: str) -> float | bool | None:
        """What the panel shows of a field of FitConfig; None where it is left to the fit."""
        return self.stay_near if name == "stay_near" else getattr(self.told, name)

    def with_value(self, name: str, value: float | bool | None) -> "FitOptions":
        """The same with another value of a field of FitConfig. Raises FitInputError."""
        if name == "stay_near":
            return replace(self, stay_near=value)
        changed: dict[str, Any] = {name: value}
        return replace(self, told=replace(self.told, **changed))

    def config(self, **changes: object) -> FitConfig:
        """What a fit is told that begins with nothing or with another fit."""
        return self._config(FitConfig(), changes)

    def config_from_guess(self, **changes: object) -> FitConfig:
        """The same for a fit that a network's guess begins: what keypoints do not show stays as guessed.

        A weight that was chosen in the panel rules also where the guess leads astray.
        """
        lost_px = TRUSTING.lost_px if self.stay_near is None else 0.0
        own = {"soft_iterations": TRUSTING.soft_iterations, "lost_px": lost_px}
        return self._config(TRUSTING, {**own, **changes})

    def config_of_age(self, **changes: object) -> FitConfig:
        """The same for what follows a fit that held to a guess, which knows adults: size and age in the pose found."""
        return self.config(free_pose=False, soft_iterations=0, placing_iterations=0, **changes)

    def _config(self, usual: FitConfig, changes: Mapping[str, object]) -> FitConfig:
        own: dict[str, Any] = {
            "stay_near": usual.stay_near if self.stay_near is None else self.stay_near,
            "kid": ADULT if self.told.free_kid else self.told.kid,
        }
        return replace(self.told, **{**own, **changes})
