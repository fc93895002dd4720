"""Bodies in SMPL's form: their files, poses and keypoints.

`load_body` and modules that need torch are imported on first use, so that layouts and the tree stay light to import.
"""

from typing import TYPE_CHECKING, Any

from core.body.keypoints import LAYOUTS, Layout, convert, layout

if TYPE_CHECKING:
    from core.body.keypoint_body import KeypointBody
    from core.body.model import Body, BodyParams, load_body

__all__ = ["LAYOUTS", "Body", "BodyParams", "KeypointBody", "Layout", "convert", "layout", "load_body"]


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in ("Body", "BodyParams", "load_body"):
        return getattr(import_module("core.body.model"), name)
    if name == "KeypointBody":
        return import_module("core.body.keypoint_body").KeypointBody
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
