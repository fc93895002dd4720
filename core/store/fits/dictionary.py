"""The fits dictionary: the best known fit of each person, which a training run reads and improves.

The idea of Kolotouros et al. (ICCV 2019) with its faults mended: fits are saved whole, old and new are
compared by one objective, and what a human has locked is never replaced. In the file and in memory, poses are
in the photo's camera frame. `get` and `keep_better` speak to a network, so theirs are in the frame of the
crop's camera, as the augmented crop shows the person: turned by rotation_deg in the image, then mirrored
where flipped.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from core.compute.cuda_graphs import Rowwise
from core.errors import FitsError
from core.files.npz import faults_as, read_npz, write_arrays
from core.geometry.camera import CROP_FOCAL_LENGTH, CROP_SIZE, crop_to_full
from core.records import BBOX_UNIT
from core.store.fits.augmented import RowsInCrop, augment, pose_in_crop, undo_augmentation
from core.store.fits.columns import (
    FORMAT_VERSION,
    LARGEST,
    NUMBERS,
    OPTIONAL,
    SOURCES,
    TEXTS,
    TRACK,
    TRUTHS,
    check_arrays,
    source_codes,
    tracks_of,
)
from core.store.fits.row_origin import is_same_photo

VERSIONS_KEPT = 3
NEAREST_M, FARTHEST_M = 1e-3, 1e5  # depth of a fit
WIDEST = 1e2  # tangent of its angle to the axis
VALID_SCORE_PX = 10.0  # a fit with a larger score counts as truth only if a human accepted it

# Each is a hundred small operations, recorded as one call on a GPU.
_upright = Rowwise(undo_augmentation)
_augmented = Rowwise(lambda *parts: (augment(*parts),))

# pose (B, 72) in the crop's frame, not augmented; betas (B, 10); indices (B,) of rows -> loss (B,).
Objective = Callable[[Tensor, Tensor, Tensor], Tensor]


@dataclass(eq=False)
class FitsDictionary:
    """One row per person, N rows. Poses are in the photo's camera frame.

    pose (N, 72) [rad], betas (N, 10), all zero for a pose without shape, kid (N,), cam_t (N, 3) [m],
    focal_length (N,), camera_center (N, 2), center (N, 2) of the bbox [px], scale (N,) with side = 200 * scale
    [px], keypoints (N, 49, 3) after corrections, score (N,) as in `Fit` and NaN without a fit, valid_fit and locked
    (N,) bool, source (N,) index into SOURCES; imgname, dataset and verdict (N,) text; photo_size (N, 2) [px] =
    width and height of the photo that center, scale and keypoints refer to, zeros where they are unknown; track (N,)
    int64 as in `Person`, -1 for none. body: fingerprint of the body of the betas.
    """

    body: str
    imgname: np.ndarray
    dataset: np.ndarray
    verdict: np.ndarray
    photo_size: np.ndarray
    track: np.ndarray
    source: Tensor
    valid_fit: Tensor
    locked: Tensor
    photo_pose: Tensor
    betas: Tensor
    kid: Tensor
    photo_cam_t: Tensor
    focal_length: Tensor
    camera_center: Tensor
    center: Tensor
    scale: Tensor
    keypoints: Tensor
    score: Tensor
    # Training works in the crop's frame. `pose` and `cam_t` transform replaced rows to the photo's frame when read.
    crop_pose: Tensor = field(init=False)  # (N, 72)
    crop_cam_t: Tensor = field(init=False)  # (N, 3), of replaced rows
    pelvis: Tensor = field(init=False)  # (N, 3), of replaced rows
    replaced: Tensor = field(init=False)  # (N,) bool, since `pose` or `cam_t` was last read
    rejected: Tensor = field(init=False)  # (N,) bool, from verdict

    def __post_init__(self) -> None:
        self.crop_pose = pose_in_crop(
            self.photo_pose, self.center, BBOX_UNIT * self.scale, self.focal_length, self.camera_center
        )
        self.crop_cam_t, self.pelvis = torch.zeros_like(self.photo_cam_t), torch.zeros_like(self.photo_cam_t)
        self.replaced = torch.zeros_like(self.locked)
        self.rejected = torch.from_numpy(self.verdict == "rejected").to(self.device)

    def __len__(self) -> int:
        return len(self.photo_pose)

    @property
    def device(self) -> torch.device:
        """The device of the rows."""
        return self.photo_pose.device

    @property
    def pose(self) -> Tensor:
        """(N, 72) in the photo's camera frame."""
        self._bring_into_photo()
        return self.photo_pose

    @property
    def cam_t(self) -> Tensor:
        """(N, 3) [m] in the photo's camera frame."""
        self._bring_into_photo()
        return self.photo_cam_t

    def to(self, device: torch.device | str) -> FitsDictionary:
        """The same rows on another device."""
        self._bring_into_photo()
        tensors = {
            item.name: value.to(device)
            for item in dataclasses.fields(self)
            if item.init and isinstance(value := getattr(self, item.name), Tensor)
        }
        return dataclasses.replace(self, **tensors)

    # Files

    @classmethod
    def load(cls, path: str | Path, body: str | None = None) -> FitsDictionary:
        """Read a `curated.npz`. body: fingerprint of the body in use.

        Raises FitsError for a file that is no fits dictionary, that is damaged or newer, or whose betas are of
        another body.
        """
        path = Path(path)
        with faults_as(FitsError, path):
            arrays = read_npz(path, (*NUMBERS, *OPTIONAL, *TRUTHS, *TEXTS, TRACK, "body", "format_version"))
        fits = cls.from_arrays(arrays, str(path))
        if body is not None:
            fits.check_body(body, str(path))
        return fits

    def save(self, path: str | Path) -> None:
        """Write all rows atomically. The last three files of this name are kept as NAME.1, NAME.2, NAME.3.

        Raises FitsError if the file cannot be written; the old file is then untouched.
        """
        arrays = self.arrays()
        check_arrays(arrays, f"{path} is not written")
        write_arrays(Path(path), arrays, VERSIONS_KEPT)

    def arrays(self) -> dict[str, np.ndarray]:
        """The rows as arrays by name, as written to the file."""
        numbers = {name: getattr(self, name).cpu().numpy() for name in (*NUMBERS, *TRUTHS)}
        source = np.array(SOURCES)[self.source.cpu().numpy()]
        texts = {"imgname": self.imgname, "dataset": self.dataset, "verdict": self.verdict, "source": source}
        numbers["photo_size"] = self.photo_size
        texts[TRACK] = self.track
        return {**numbers, **texts, "body": np.array(self.body), "format_version": np.array(FORMAT_VERSION)}

    @classmethod
    def from_arrays(cls, arrays: dict[str, np.ndarray], where: str = "fits") -> FitsDictionary:
        """A dictionary from arrays by name. Raises FitsError, which names `where` and the problem."""
        check_arrays(arrays, where)
        tensors = {name: torch.from_numpy(np.array(arrays[name], np.float32)) for name in NUMBERS}
        tensors |= {name: torch.from_numpy(arrays[name] > 0) for name in TRUTHS}
        return cls(
            body=str(arrays["body"]),
            **{name: np.array(arrays[name], np.str_) for name in ("imgname", "dataset", "verdict")},
            photo_size=np.array(arrays.get("photo_size", np.zeros((len(arrays["imgname"]), 2))), np.float32),
            track=tracks_of(arrays, len(tensors["pose"])),
            source=torch.from_numpy(source_codes(arrays["source"], where)),
            photo_pose=tensors.pop("pose"),
            photo_cam_t=tensors.pop("cam_t"),
            **tensors,
        )

    def check_body(self, body: str, where: str = "fits") -> None:
        """Raises FitsError if the betas are of another body than the one with this fingerprint."""
        if body != self.body:
            raise FitsError(
                f"{where}: its betas are of body '{self.body}', but body '{body}' is in use. "
                "Choose that body, or fit the people again with this one."
            )

    def check_images(self, imgname: np.ndarray, where: str) -> None:
        """Raises FitsError unless the rows are those of a data set with these image names (N,), in this order.

        ./a.jpg and an absolute path that ends in a.jpg both match a.jpg, as in the readers of data sets.
        """
        if len(imgname) != len(self):
            raise FitsError(
                f"{where} has {len(imgname)} rows, but the fits have {len(self)}. Use its own fits."
            )
        names = np.asarray(imgname).astype(np.str_)
        differ = np.flatnonzero(names != self.imgname).tolist()
        differ = [row for row in differ if not is_same_photo(str(names[row]), str(self.imgname[row]))]
        if differ:
            row = differ[0]
            raise FitsError(
                f"{where}, row {row}: its image is {str(imgname[row])!r}, but that of the fits is "
                f"{str(self.imgname[row])!r}. Use the fits of this data set."
            )

    # Rows, in batches, on the device

    @torch.no_grad()
    def get(self, indices: Tensor, rotation_deg: Tensor, flipped: Tensor) -> RowsInCrop:
        """Rows (B,) in the frame of crops that are rotated by rotation_deg (B,), then mirrored where flipped (B,)."""
        pose = _augmented(self.crop_pose[indices], rotation_deg, flipped)[0]
        return RowsInCrop(
            pose, self.betas[indices], self.kid[indices], self.valid_fit[indices], self.locked[indices]
        )

    @torch.no_grad()
    def keep_better(
        self,
        indices: Tensor,
        rotation_deg: Tensor,
        flipped: Tensor,
        pose: Tensor,
        betas: Tensor,
        cam_t: Tensor,
        pelvis: Tensor,
        score: Tensor,
        objective: Objective,
    ) -> Tensor:
        """Replace the rows for which a new fit is better. Returns replaced (B,) bool.

        pose (B, 72), betas (B, 10) and cam_t (B, 3) [m] are the new fits, in the augmented crop's frame as in
        `get`; pelvis (B, 3) [m] is the pelvis joint of the shaped body at rest, score (B,) as in `Fit`.
        objective gets new and old fits in one call, in the crop's frame without augmentation, so both are compared
        with the same camera rule, keypoints and priors. It must be normalised by the visible keypoints. A new fit
        replaces the old one only if its loss is strictly lower. Locked rows are never replaced, and fits that are
        not finite, have no finite score or stand where no camera sees them never replace a row. Of several fits for one
        row the best is kept.
        """
        pose, betas, cam_t, pelvis, score = (
            value.to(self.betas) for value in (pose, betas, cam_t, pelvis, score)
        )
        count = len(indices)
        upright, position = _upright(pose, cam_t + pelvis, rotation_deg, flipped)
        poses = torch.cat([upright, self.crop_pose[indices]])
        loss = objective(poses, torch.cat([betas, self.betas[indices]]), torch.cat([indices, indices]))
        new_loss, old_loss = loss[:count], loss[count:]
        finite = torch.cat([upright, betas, position, new_loss[:, None], score[:, None]], 1).isfinite().all(1)
        finite &= self._is_placeable(indices, position) & (betas.abs() <= LARGEST["betas"]).all(1)
        no_fit_yet = self.score[indices].isnan() | old_loss.isnan()
        better = finite & ~self.locked[indices] & (no_fit_yet | (new_loss < old_loss))
        chosen = _best_of_each_row(indices, new_loss, better)
        rows = indices[chosen]
        self.crop_pose[rows] = upright[chosen]
        self.crop_cam_t[rows] = (position - pelvis)[chosen]
        self.pelvis[rows] = pelvis[chosen]
        self.betas[rows] = betas[chosen]
        self.score[rows] = score[chosen]
        self.source[rows] = SOURCES.index("fit")
        self.valid_fit[rows] = (score[chosen] <= VALID_SCORE_PX) & ~self.rejected[rows]
        self.replaced[rows] = True
        return torch.zeros_like(better).index_fill_(0, chosen, True)

    def _is_placeable(self, indices: Tensor, position: Tensor) -> Tensor:
        """(B,) bool: whether the photo's camera sees a body that stands at a position (B, 3) [m] before the crop's."""
        side, focal_length = BBOX_UNIT * self.scale[indices], self.focal_length[indices]
        depth = position[:, 2] * CROP_SIZE * focal_length / (CROP_FOCAL_LENGTH * side)
        across = (position[:, :2].abs() <= NEAREST_M + position[:, 2:] * WIDEST).all(1)
        return (position[:, 2] > NEAREST_M) & (depth <= FARTHEST_M) & across

    @torch.no_grad()
    def _bring_into_photo(self) -> None:
        """Transform replaced rows to the photo's frame; all other rows stay bit for bit as loaded."""
        rows = self.replaced.nonzero()[:, 0]
        if not len(rows):
            return
        orient, self.photo_cam_t[rows] = crop_to_full(
            self.crop_pose[rows, :3],
            self.crop_cam_t[rows],
            self.pelvis[rows],
            self.center[rows],
            BBOX_UNIT * self.scale[rows],
            self.focal_length[rows],
            self.camera_center[rows],
        )
        self.photo_pose[rows] = torch.cat([orient, self.crop_pose[rows, 3:]], 1)
        self.replaced[rows] = False


def _best_of_each_row(indices: Tensor, loss: Tensor, better: Tensor) -> Tensor:
    """Indices (C,) in the batch of the fits to write: of the better fits of one row, the one of the lowest loss."""
    places = better.nonzero()[:, 0]
    ordered = places[loss[places].argsort()]
    _, first = np.unique(indices[ordered].cpu().numpy(), return_index=True)
    return ordered[torch.from_numpy(first).to(ordered.device)]
