"""Two losses between the people of one square: bodies inside each other, and a wrong order of depth.

CRMH (Jiang, Kolotouros, Pavlakos, Zhou and Daniilidis, CVPR 2020), which OCHMR takes over: penetration is the sum of
q² / (1 + q²), q = d / 0.2 m, over how far points of one body are inside the other; order is log(1 + exp(z_a - z_b))
where a should be in front of b. Two things differ. d is of pairs of capsules of the flesh, as in `fit_together`, in
place of vertices in a distance field. The order is that of the two fits in the dictionary, in place of masks, which a
dictionary does not have.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import softplus

from core.body.flesh import Flesh, flesh_of
from core.body.keypoint_body import JOINTS, KeypointBody
from core.body.kinematics import world_transforms
from core.body.model import Body
from core.fitting.crowd.contacts import depths
from core.geometry.camera import CROP_SIZE, weak_camera_to_cam_t
from core.networks.spin import SpinOutput
from core.records import BBOX_UNIT
from core.store.fits.dictionary import FitsDictionary
from train.data.batches import Batch
from train.methods.spin.loss import Term

DEEP = 0.2  # [m] CRMH's scale of a penetration
KNOWN = 0.1  # [m] of depth between two fits from which their order counts


@dataclass(frozen=True, eq=False)
class BetweenPeople:
    """The terms of a batch. mate (N,): as in `Order`."""

    collapsed: KeypointBody
    flesh: Flesh
    fits: FitsDictionary
    mate: Tensor

    @classmethod
    def of(cls, body: Body, fits: FitsDictionary, mate: Tensor) -> BetweenPeople:
        return cls(KeypointBody.from_body(body, "smpl24"), flesh_of(body), fits, mate.to(fits.device))

    def __call__(self, predicted: SpinOutput, batch: Batch) -> dict[str, Term]:
        """penetration and order of each person with its mate; people whose mate is not beside them do not count."""
        pairs = pairs_in(batch.views.indices, self.mate)
        shape = torch.cat([predicted.betas, torch.zeros_like(predicted.betas[:, :1])], dim=1)
        offsets = torch.addmm(self.collapsed.offsets, shape, self.collapsed.offsets_shape)
        _, joints = world_transforms(predicted.rotations, offsets.view(-1, JOINTS, 3))
        joints = joints + self._places(predicted.weak_camera, batch)[:, None]
        inside = penetration(self.flesh, joints, shape, pairs)
        z, true_z = joints[:, 0, 2], self.fits.photo_cam_t[batch.views.indices, 2]
        wrong, known = order(z, true_z, pairs)
        return {
            "penetration": _of_people(inside, pairs, torch.ones_like(known), len(batch)),
            "order": _of_people(wrong, pairs, known, len(batch)),
        }

    def _places(self, weak_camera: Tensor, batch: Batch) -> Tensor:
        """(B, 3) [m]: the bodies before a camera of the photo's focal length, that looks through the crop's middle. In
        SPIN's crop camera, of 5000 px, two people would be many times as far apart along the view."""
        rows = batch.views.indices
        side = BBOX_UNIT * self.fits.scale[rows] * batch.views.scale
        return weak_camera_to_cam_t(weak_camera, self.fits.focal_length[rows] * CROP_SIZE / side)


def pairs_in(rows: Tensor, mate: Tensor) -> Tensor:
    """(Q, 2): places of a batch's rows (B,) where a row is followed by its mate, each pair once."""
    first = torch.arange(0, len(rows) - 1, 2, device=rows.device)
    return torch.stack([first, first + 1], dim=1)[mate[rows[first]] == rows[first + 1]]


def penetration(flesh: Flesh, joints: Tensor, shape: Tensor, pairs: Tensor) -> Tensor:
    """(Q,) of people with joints (B, 24, 3) [m] in one camera frame, shape (B, 11)."""
    q = (depths(flesh, joints, shape, pairs).clamp_min(0) / DEEP).square()
    return (q / (1 + q)).sum(dim=(1, 2))


def order(z: Tensor, true_z: Tensor, pairs: Tensor) -> tuple[Tensor, Tensor]:
    """(Q,): the loss, and whether the order is known, of people at depths z (B,) [m] whose fits are at true_z (B,)."""
    apart, true_apart = (depth[pairs[:, 0]] - depth[pairs[:, 1]] for depth in (z, true_z))
    return softplus(-apart * true_apart.sign()), true_apart.abs() > KNOWN


def _of_people(value: Tensor, pairs: Tensor, counts: Tensor, people: int) -> Term:
    """Each of a pair (Q, 2) has its value (Q,)."""
    of, counted = value.new_zeros(people), torch.zeros(people, dtype=torch.bool, device=value.device)
    flat = pairs.T.flatten()
    return Term(of.index_put((flat,), value.repeat(2)), counted.index_put((flat,), counts.bool().repeat(2)))
