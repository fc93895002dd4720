"""Which file of a folder is the neutral body, by the names that SMPL's archives and SMPLify-X give it."""

from __future__ import annotations

import re
from pathlib import Path

from core.errors import BodyFileError

_NEUTRAL = re.compile(
    r"smpl_neutral\.(npz|pkl)|basicmodel_neutral_lbs_10_207_0_v1.*\.(npz|pkl)", re.IGNORECASE
)
_BODY_FOLDERS = ("smpl", "SMPL", "models", "models/smpl", "smpl/models", "body_models/smpl")


def neutral_body_in(folder: Path) -> Path:
    """SMPL_NEUTRAL before basicmodel_neutral, and .npz, which is quicker, before .pkl.

    Else that of a folder smpl/ or models/ in it, as SMPLify-X and SMPL's own archive have them. Raises BodyFileError.
    """
    try:
        inside = [folder, *(folder / name for name in _BODY_FOLDERS if (folder / name).is_dir())]
        files = ([file for file in each.iterdir() if _NEUTRAL.fullmatch(file.name)] for each in inside)
        found = next((some for some in files if some), [])
    except OSError as error:
        raise BodyFileError(
            f"{folder}: cannot be read ({error.strerror}). Check the folder's permissions."
        ) from error
    if not found:
        raise BodyFileError(
            f"{folder}: has no SMPL_NEUTRAL.npz or .pkl. Name the model file itself, or its folder."
        )
    return min(found, key=lambda file: (not file.name.lower().startswith("smpl_"), file.suffix, file.name))
