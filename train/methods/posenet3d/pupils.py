"""The networks of a run, and what one step of each stage teaches them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch
from torch import Tensor

from core.networks.lifter.network import Hypotheses, Lifter
from core.networks.lifter.network_input import LifterInput
from core.networks.teacher.teacher import Teacher
from core.networks.teacher.turned_views import TurnedView, points_at, random_turns, seen_anew
from train.methods.lifter.method import blend
from train.methods.posenet3d.config import Config
from train.methods.posenet3d.discriminators import two_frames
from train.methods.posenet3d.initial_networks import PoseNetworks
from train.methods.posenet3d.looks_sampler import LooksBatch, LooksSampler, seen_size, student_input
from train.methods.posenet3d.stages import TrainingStage
from train.methods.posenet3d.student_loss import (
    NEAREST,
    ShownLooks,
    StudentBody,
    apart_m,
    student_loss,
    student_points,
)
from train.methods.posenet3d.teacher_loss import MOST_UNLIKELY, TeacherLoss

DENSITY_NOISE = 0.01  # of the points that the density learns from, in sizes of a person
AHEAD = 0.05  # least depth of a ray in the student's turned frame
Parts = dict[str, Tensor]


class TaughtBatch(NamedTuple):
    """A batch through teacher and student: the student's input and bodies, its points (B, H, K, 3), what its photos
    show, and how the teacher sees them."""

    input: LifterInput
    bodies: Hypotheses
    at: Tensor
    shown: ShownLooks
    view: TurnedView


@dataclass(eq=False)
class Pupils:
    """taken: steps that teacher and student have learned in."""

    config: Config
    networks: PoseNetworks
    sampler: LooksSampler
    teacher_loss: TeacherLoss
    body: StudentBody
    taken: dict[str, int] = field(default_factory=lambda: {"teacher": 0, "student": 0})

    @property
    def teacher(self) -> Teacher:
        return self.networks.teacher

    @property
    def student(self) -> Lifter:
        return self.networks.student

    def step(self, stage: TrainingStage, number: int) -> tuple[Tensor, Parts]:
        """Gradients of one step, into the networks that learn in this stage; loss and its parts."""
        if stage.name == "density":
            return self._learn_density()
        loss = torch.zeros((), device=self.sampler.device)
        parts: Parts = {}
        if stage.name in ("teacher", "together"):
            gone = stage.gone if stage.name == "teacher" else 1.0
            loss, parts = self._teach_teacher(gone, number)
            self._follow("teacher")
        if stage.name in ("student", "together"):
            own, of_student = self._teach_student(together=stage.name == "together")
            loss, parts = loss + own, {**parts, **of_student}
            self._follow("student")
        return loss.detach(), parts

    def _learn_density(self) -> tuple[Tensor, Parts]:
        density = self.networks.density
        assert density is not None
        x = self.teacher.seen(*self.sampler.whole_people(self.config.batch)).x
        loss = -density(x + DENSITY_NOISE * torch.randn_like(x)).mean()
        loss.backward()
        return loss.detach(), {"density": loss.detach()}

    def _unlikely(self, points: Tensor) -> Tensor:
        """What views (B, P, 2) cost (B,)."""
        if self.networks.density is not None:
            return -self.networks.density(points)
        assert self.networks.discriminator is not None
        return self.networks.discriminator.unlikely(points)

    def _teach_teacher(self, gone: float, number: int) -> tuple[Tensor, Parts]:
        seen = self.teacher.seen(*self.sampler.whole_people(self.config.batch))
        loss, parts, made = self.teacher_loss(self.teacher, seen, self._unlikely, gone)
        networks = self.networks
        if networks.motion is not None:
            real, moves = self._moves()
            motion = networks.motion.unlikely(moves).mean()
            loss, parts["motion"] = loss + self.config.teacher.motion * motion, motion.detach()
            networks.motion.learn(real, moves, number)
        loss.backward(inputs=list(self.teacher.parameters()))
        if networks.discriminator is not None:
            people = self.teacher.seen(*self.sampler.whole_people(self.config.batch))
            networks.discriminator.learn(people.x, made, number)
        return loss.detach(), parts

    def _moves(self) -> tuple[Tensor, Tensor]:
        """Two frames as they are seen, and as lifted and turned by the same random view."""
        seen = self.teacher.seen(*self.sampler.two_frames(self.config.batch // 2))
        at = points_at(seen.x, seen.size, self.teacher(seen.x, seen.size, seen.confidence))
        turn = random_turns(len(at) // 2, at.device).repeat(2, 1, 1)
        made, _ = seen_anew(at @ turn.mT, seen.size, self.teacher.points.hips)
        return two_frames(*seen.x.chunk(2)), two_frames(*made.chunk(2))

    def taught(self, batch: LooksBatch, noise: float, dropped: float) -> TaughtBatch:
        """The averaged teacher and the student see a batch."""
        shown_to_student = student_input(
            batch, self.sampler.layout, self.student.config.definitions, noise, dropped
        )
        bodies = self.student(shown_to_student)
        at = student_points(bodies, self.body)
        columns = list(self.teacher.points.columns)
        with torch.no_grad():
            view = self.teacher.seen(batch.xy[:, columns], batch.confidence[:, columns])
            lifted = self.teacher_loss.in_metres(self.networks.averaged_teacher.both_ways(view)) @ view.turn
            rays = (
                torch.cat([batch.xy, torch.ones_like(batch.xy[..., :1])], dim=-1) @ shown_to_student.turn.mT
            )
            shown = ShownLooks(
                rays[..., :2] / rays[..., 2:].clamp_min(AHEAD),
                batch.confidence,
                seen_size(batch.xy, batch.confidence),
                batch.whole,
                lifted @ shown_to_student.turn.mT,
            )
        return TaughtBatch(shown_to_student, bodies, at, shown, view)

    def _teach_student(self, together: bool) -> tuple[Tensor, Parts]:
        batch = self.sampler.people(self.config.batch)
        taught = self.taught(batch, self.config.noise, self.config.dropped)
        points, weights = self.teacher.points, self.config.student
        loss, parts = student_loss(taught.bodies, taught.at, taught.shown, points, self.body, weights)
        learners = list(self.student.parameters())
        if together:
            views = self._views_of_student(taught)
            loss, parts["views"] = loss + weights.views * views, views.detach()
            pull = self._pull(taught)
            loss, parts["pull"] = loss + weights.pull * pull, pull.detach()
            learners += list(self.teacher.parameters())
        loss.backward(inputs=learners)
        return loss.detach(), parts

    def _views_of_student(self, taught: TaughtBatch) -> Tensor:
        """What random views of the student's first bodies cost."""
        hips, columns = self.teacher.points.hips, list(self.teacher.points.columns)
        at = taught.at[:, 0][:, columns]
        middle = at[:, hips].mean(dim=1, keepdim=True)
        size = taught.view.size
        unit = size * middle[:, 0, 2].detach().clamp_min(NEAREST)
        to_hips = taught.view.turn @ taught.input.turn.mT
        turn = random_turns(len(at), at.device) @ to_hips
        made, _ = seen_anew((at - middle) / unit[:, None, None] @ turn.mT, size, hips)
        cost = self._unlikely(made).clamp_max(MOST_UNLIKELY) * taught.shown.taught
        return cost.sum() / taught.shown.taught.sum().clamp_min(1)

    def _pull(self, taught: TaughtBatch) -> Tensor:
        """Distance [m] of the teacher's points from the student's first bodies, its gradient for the teacher alone."""
        view, points = taught.view, self.teacher.points
        own = points_at(view.x, view.size, self.teacher(view.x, view.size, view.confidence))
        own = self.teacher_loss.in_metres(own) @ view.turn @ taught.input.turn.mT
        at = taught.at.detach()[:, :1][:, :, list(points.columns)]
        away = apart_m(at, own, points.hips)[:, 0] * taught.shown.taught
        return away.sum() / taught.shown.taught.sum().clamp_min(1)

    def _follow(self, name: str) -> None:
        """Move the averaged weights a little towards those before this step."""
        networks, taken = self.networks, self.taken[name]
        keep = min(self.config.average, taken / (taken + 10))
        if name == "teacher":
            blend(networks.averaged_teacher, networks.teacher, keep)
        else:
            blend(networks.averaged_student, networks.student, keep)
        self.taken[name] = taken + 1
