"""Moves the fitted bodies of a photo out of each other, as little as possible.

Around its own fit a person's objective is nearly a parabola, whose Hessian H the fit's terms give. With the depths of
contacts r and their derivatives J of all people of a photo, each step solves

    min z' H z + |r + J (z - z_k)|²,      z = H⁻¹ J' (I + J H⁻¹ J')⁻¹ (J z_k - r)

for the moves z of all people at once. H falls apart by person and contacts are few, so that this is a system of as many
unknowns as there are contacts. Keypoints say little of depth, so bodies part along the view before they part across it.
Shapes stay: a body that may shrink shrinks out of a contact in place of moving.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from core.body.flesh import Flesh, flesh_of
from core.body.keypoint_body import CAM_T_COLUMNS, UNKNOWNS, KeypointBody, params_to_vector, vector_to_params
from core.body.model import Body, BodyParams
from core.errors import FitInputError
from core.fitting.config import FitConfig
from core.fitting.crowd.contacts import SHAPE, Contacts, contacts_of, depths, order_of, pairs_of
from core.fitting.inputs import observe
from core.fitting.objective import Objective, free_unknowns
from core.fitting.problem import Problem, as_start
from core.fitting.terms.term import Observation

JOINTS_LAYOUT = "smpl24"
PARTING = 4  # first steps that part people along the view, at most
SETTLED = 2e-3  # [m or rad] a shorter step ends the fit
FARTHEST_STEP = 0.25  # [m or rad] of a single step: beyond it contacts are others
# Squared weights that hold each body to its own fit, beside its keypoints: bodies should part before they bend.
HELD_POSE, HELD_PLACE = 2e4, 0.1  # by radian, metre
REACH = 0.35  # [m] around a person's joints: two people further apart cannot touch in a fit


@dataclass(frozen=True)
class TogetherConfig:
    """contact_m: penetration that counts as one residual; clearance_m: distance kept between two skins; order_m: error
    in the order of depth that counts as one residual; order_gap_m: distance kept between two pelvises of known order;
    contacts: number of each pair's deepest contacts that count."""

    contact_m: float = 0.002
    clearance_m: float = 0.01
    order_m: float = 0.02
    order_gap_m: float = 0.15
    contacts: int = 12
    iterations: int = 9


@dataclass(frozen=True, eq=False)
class Together:
    """params of N people in the photo's camera frame; before_m, after_m (N,): the deepest penetration of each with
    another person of the same photo."""

    params: BodyParams
    before_m: Tensor
    after_m: Tensor


@torch.no_grad()
def fit_together(
    body: Body,
    keypoints: Tensor,
    layout: str,
    focal_length: Tensor,
    camera_center: Tensor,
    fits: BodyParams,
    photo: Tensor | None = None,
    in_front: Sequence[tuple[int, int]] = (),
    fixed: Tensor | None = None,
    config: TogetherConfig | None = None,
) -> Together:
    """Move fitted bodies out of each other. keypoints (N, K, 3), focal_length (N,), camera_center (N, 2) as in `fit`;
    fits: N bodies; photo (N,): a number for the photo of each body, by default one photo; in_front: pairs of rows, the
    first person nearer to the camera than the second; fixed (N,) bool: bodies that do not move.

    Raises FitInputError where shapes disagree, no person has a keypoint or a body is not finite.
    """
    config = config or TogetherConfig()
    like, count = body.v_template, len(keypoints)
    start = as_start(params_to_vector(fits.to(like)).clone(), body.has_kid)
    if len(start) != count or not bool(start.isfinite().all()):
        raise FitInputError(
            f"{len(start)} fits for {count} people, or one with numbers that are not finite. Fit these people again."
        )
    photos = torch.zeros(count, dtype=torch.long) if photo is None else photo
    if photos.shape != (count,):
        raise FitInputError(f"photos {tuple(photos.shape)}: give a number for each of {count} people.")
    hessian, inverse = _stiffness(body, keypoints, layout, (focal_length, camera_center), start, fixed)
    crowd = _Crowd(
        KeypointBody.from_body(body, JOINTS_LAYOUT),
        flesh_of(body),
        _near(
            KeypointBody.from_body(body, JOINTS_LAYOUT).posed(start).points, pairs_of(photos.to(like.device))
        ),
        torch.tensor(list(in_front), dtype=torch.long, device=like.device).view(-1, 2),
        photos.to(like.device),
        config,
    )
    moves = _moved(crowd, start, hessian, inverse)
    before, after = crowd.deepest(start), crowd.deepest(start + moves)
    return Together(vector_to_params(start + moves).frozen(), before.cpu(), after.cpu())


@torch.no_grad()
def penetration(body: Body, fits: BodyParams, photo: Tensor) -> Tensor:
    """(N,) [m]: the deepest penetration of each body's flesh with another one's of the same photo (N,), 0 apart."""
    unknowns = params_to_vector(fits.to(body.v_template))
    joints = KeypointBody.from_body(body, JOINTS_LAYOUT).posed(unknowns).points
    return _deepest(flesh_of(body), joints, unknowns[:, SHAPE], pairs_of(photo.to(joints.device))).cpu()


@dataclass(frozen=True, eq=False)
class _Crowd:
    joints: KeypointBody
    flesh: Flesh
    pairs: Tensor
    in_front: Tensor
    photo: Tensor
    config: TogetherConfig

    def residuals(self, unknowns: Tensor, along_view: bool = False) -> tuple[Contacts, Tensor]:
        """All contacts, in residual units, and the photos (photos,) of which people are parted along the view."""
        posed, config = self.joints.posed(unknowns), self.config
        jacobian = posed.jacobian()
        kept = config.clearance_m, config.contacts
        sides = self._sides() if along_view else None
        touching = contacts_of(self.flesh, posed, jacobian, self.pairs, *kept, sides)
        parting = torch.zeros(int(self.photo.max()) + 1, dtype=torch.bool, device=self.photo.device)
        parting[self.photo[touching.first[touching.parted]]] = True
        ordered = order_of(posed, jacobian, self.in_front, config.order_gap_m)
        parts = [_weighted(touching, 1 / config.contact_m), _weighted(ordered, 1 / config.order_m)]
        return Contacts(*(torch.cat(pair) for pair in zip(*parts, strict=True))), parting

    def _sides(self) -> Tensor:
        """(Q,): -1 where the first person of a pair is known to be nearer, 1 where the second is, else 0."""
        known = torch.zeros(len(self.photo), len(self.photo), dtype=torch.long, device=self.photo.device)
        first, second = self.in_front.unbind(dim=1)
        known[first, second], known[second, first] = -1, 1
        return known[self.pairs[:, 0], self.pairs[:, 1]]

    def deepest(self, unknowns: Tensor) -> Tensor:
        joints = self.joints.posed(unknowns).points
        return _deepest(self.flesh, joints, unknowns[:, SHAPE], self.pairs)


def _weighted(contacts: Contacts, weight: float) -> Contacts:
    return contacts._replace(
        depth=weight * contacts.depth,
        by_first=weight * contacts.by_first,
        by_second=weight * contacts.by_second,
    )


def _near(joints: Tensor, pairs: Tensor) -> Tensor:
    """The pairs of people whose bodies may touch."""
    low, high = joints.amin(dim=1) - REACH, joints.amax(dim=1) + REACH
    first, second = pairs.unbind(dim=1)
    return pairs[((low[first] < high[second]) & (low[second] < high[first])).all(dim=1)]


def _deepest(flesh: Flesh, joints: Tensor, shape: Tensor, pairs: Tensor) -> Tensor:
    found = joints.new_zeros(len(joints))
    if len(pairs):
        deep = depths(flesh, joints, shape, pairs).flatten(1).amax(dim=1)
        for end in (0, 1):
            found = found.scatter_reduce(0, pairs[:, end], deep, "amax")
    return found


def _stiffness(
    body: Body,
    keypoints: Tensor,
    layout: str,
    camera: tuple[Tensor, Tensor],
    start: Tensor,
    fixed: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """H (N, 86, 86) of each person's own objective at its fit, and its inverse, zero for what may not move."""
    config = FitConfig()
    observed = observe(keypoints, layout, *camera, like=start)
    problem = Problem.of(body, observed, layout, config).sized(start[:, None])
    data = Observation(problem.seen, problem.wishes).tensors()
    hessian = Objective(problem.body, problem.goal(config))(start, *data).hessian
    free = free_unknowns(config, start.device).to(start).repeat(len(start), 1)
    free[:, SHAPE] = 0
    if fixed is not None:
        free = free * (~fixed.to(start.device))[:, None]
    hessian = hessian + torch.diag(_held(start))
    masked = hessian * free[:, :, None] * free[:, None] + torch.diag_embed(1 - free)
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(masked.double())).to(start)
    return hessian, inverse * free[:, :, None] * free[:, None]


def _held(like: Tensor) -> Tensor:
    """(86,): the squared weight that holds each unknown."""
    held = torch.full_like(like[0], HELD_POSE)
    held[CAM_T_COLUMNS] = HELD_PLACE
    return held


def _moved(crowd: _Crowd, start: Tensor, hessian: Tensor, inverse: Tensor) -> Tensor:
    """The best moves (N, 86) that the steps came to."""
    moves = torch.zeros_like(start)
    best, least = (
        moves,
        torch.full((int(crowd.photo.max()) + 1,), torch.inf, dtype=start.dtype, device=start.device),
    )
    for step_number in range(crowd.config.iterations + 1):
        contacts, parting = crowd.residuals(start + moves, step_number < PARTING)
        cost = _cost(crowd, contacts, moves, hessian)
        better = (cost < least) & ~parting
        best, least = torch.where(better[crowd.photo][:, None], moves, best), torch.where(better, cost, least)
        if not len(contacts.depth):
            return moves
        step = _solved(crowd, contacts, moves, inverse) - moves
        farthest = step.abs().amax(dim=1)
        if float(farthest.max()) < SETTLED and not bool(parting.any()):
            break
        whole = torch.zeros_like(cost).scatter_reduce(0, crowd.photo, farthest, "amax")
        moves = moves + step * (FARTHEST_STEP / whole.clamp_min(FARTHEST_STEP))[crowd.photo][:, None]
    return best


def _cost(crowd: _Crowd, contacts: Contacts, moves: Tensor, hessian: Tensor) -> Tensor:
    """(photos,): each photo's objective."""
    own = torch.einsum("nd,nde,ne->n", moves, hessian, moves)
    count = int(crowd.photo.max()) + 1
    total = own.new_zeros(count).index_add(0, crowd.photo, own)
    return total.index_add(0, crowd.photo[contacts.first], contacts.depth.square())


def _solved(crowd: _Crowd, contacts: Contacts, moves: Tensor, inverse: Tensor) -> Tensor:
    """The moves (N, 86) of one linearised step, photo by photo."""
    found = torch.zeros_like(moves)
    of_contact = crowd.photo[contacts.first]
    for number in of_contact.unique():
        people, chosen = (crowd.photo == number).nonzero()[:, 0], (of_contact == number).nonzero()[:, 0]
        some = Contacts(*(part[chosen] for part in contacts))
        rows = torch.arange(len(chosen), device=moves.device)
        jacobian = moves.new_zeros(len(chosen), len(people), UNKNOWNS)
        jacobian[rows, torch.searchsorted(people, some.first)] += some.by_first
        jacobian[rows, torch.searchsorted(people, some.second)] += some.by_second
        pulled = torch.einsum("pde,mpe->mpd", inverse[people], jacobian)
        system = torch.einsum("mpd,npd->mn", pulled, jacobian).double()
        system.diagonal().add_(1.0)
        wanted = torch.einsum("mpd,pd->m", jacobian, moves[people]) - some.depth
        force = torch.linalg.solve(system, wanted.double()).to(moves)
        found[people] = torch.einsum("mpd,m->pd", pulled, force)
    return found
