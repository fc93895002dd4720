"""Settings of drawing, of the queue and of fits. They are the window's own, not part of the history."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from core.fitting import TRUSTING, FitConfig
from core.records import Verdict
from desktop.state.angle_units import ANGLES, AngleFormat, AngleUnit
from desktop.theme import Theme, ThemeName, theme

if TYPE_CHECKING:
    import numpy as np

NO_KEYPOINT = -1
GhostName = Literal["guess", "previous", "truth"]
TILE_PX = (64, 256)  # least and largest side of a picture in the contact sheet
DetectorName = Literal["", "rtmpose", "mediapipe"]
GHOSTS: tuple[GhostName, ...] = ("guess", "previous", "truth")
BodyStyle = Literal["fill", "rim", "xray"]
BODY_STYLES: tuple[BodyStyle, ...] = ("fill", "rim", "xray")


@dataclass(frozen=True)
class View:
    """joint, keypoint: the selected joint, and the selected keypoint (NO_KEYPOINT for none)."""

    joint: str = "pelvis"
    keypoint: int = NO_KEYPOINT
    compared: str = ""  # the joint whose depth is ordered with the next selected joint …
    compared_nearer: bool = True  # … and whether it is the nearer of the two
    placing: bool = False  # a click places the selected keypoint and selects the next absent one
    boxing: bool = False  # arrow keys move and size a box until Enter
    wireframe: bool = False
    floor: bool = True
    everyone: bool = False  # the photo's other people in 3D as well, in their places
    rings: bool = False  # around the selected joint, to turn it
    side_view: bool = False  # the body from its side as well
    ghost_guess: bool = False
    ghost_previous: bool = False
    ghost_truth: bool = False
    theme: ThemeName = "system"
    antialiased: bool | None = None  # None: only if OpenGL runs on a graphics card
    crop: bool = False  # the selected person's box fills the canvas
    overlay: bool = True  # the body over the photo …
    body_style: BodyStyle = "fill"  # … how it is drawn …
    overlay_opacity: float = 0.7  # … and how much of the photo it hides
    other_bodies: bool = True  # the other people's bodies over the photo, fainter
    skeleton: bool = True
    residuals: bool = True
    boxes: bool = True
    brightness: float = 0.0  # -1 black … 1 white
    contrast: float = 0.0  # -1 flat … 1 hard
    angles: AngleUnit = "degrees"  # that panels show
    autosave: bool = False  # the fits dictionary is written by itself
    at_opening: bool = True  # people are found in new photos and fitted, when a file is opened
    detector: DetectorName = ""  # '' for the best one installed
    card: bool = True  # batches are computed on the graphics card if there is one
    toolbar_text: bool = False  # words below the icons
    hints: bool = True  # bubbles on the photo, each once
    advanced: bool = False  # the options of fits are shown
    filmstrip: bool = True  # the project's photos below the photo shown
    timeline: bool = True  # the people of a sequence by track, below the photo shown …
    playing: bool = False  # … whose photos are shown one after the other
    neighbours: bool = False  # whether a track's bodies in photos near a corrected one follow it
    tile_px: int = 128  # side of a picture in the contact sheet
    advance: bool = False  # go to the next person after a verdict

    @cached_property
    def ghosts(self) -> tuple[GhostName, ...]:
        """The ghosts that are switched on, also if the person has none."""
        return tuple(name for name in GHOSTS if getattr(self, f"ghost_{name}"))

    @property
    def angle_format(self) -> AngleFormat:
        """How angles are shown."""
        return ANGLES[self.angles]

    @cached_property
    def colours(self) -> Theme:
        """The colours of the theme."""
        return theme(self.theme)


@dataclass(frozen=True, eq=False)
class Chosen:
    """People chosen in a plot or a report. words: a description of them; ids (P,). ordered: they come in their own
    order, not in the queue's."""

    words: str
    ids: "np.ndarray"
    ordered: bool = False


@dataclass(frozen=True)
class Wanted:
    """The filters and the order of the queue (a key of core.store.project.review_queue.ORDERS).

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
    """The panel's options of a fit. stay_near replaces told.stay_near; None chooses it by the start of the fit."""

    told: FitConfig = field(default_factory=FitConfig)
    stay_near: float | None = None

    def value(self, name: str) -> float | bool | None:
        """The value of a field of FitConfig in the panel. None: automatic."""
        return self.stay_near if name == "stay_near" else getattr(self.told, name)

    def with_value(self, name: str, value: float | bool | None) -> "FitOptions":
        """The options with another value of a field of FitConfig. Raises FitInputError."""
        if name == "stay_near":
            return replace(self, stay_near=value)
        changed: dict[str, Any] = {name: value}
        return replace(self, told=replace(self.told, **changed))

    def config(self, **changes: object) -> FitConfig:
        """The config of a fit that starts from scratch or from another fit."""
        return self._config(FitConfig(), changes)

    def config_from_guess(self, **changes: object) -> FitConfig:
        """The config of a fit that starts from a network's guess. Unseen parts of the body stay near the guess.

        A weight chosen in the panel also holds where the guess failed.
        """
        lost_px = TRUSTING.lost_px if self.stay_near is None else 0.0
        own = {"soft_iterations": TRUSTING.soft_iterations, "lost_px": lost_px}
        return self._config(TRUSTING, {**own, **changes})

    def config_of_age(self, **changes: object) -> FitConfig:
        """The config of a second fit, by `fit_age`: size and age in the pose found."""
        return replace(
            self.config(free_pose=False, soft_iterations=0, placing_iterations=0, **changes), free_kid=True
        )

    def _config(self, usual: FitConfig, changes: Mapping[str, object]) -> FitConfig:
        own: dict[str, Any] = {
            "stay_near": usual.stay_near if self.stay_near is None else self.stay_near,
            "free_kid": False,  # the age has a fit of its own
        }
        return replace(self.told, **{**own, **changes})
