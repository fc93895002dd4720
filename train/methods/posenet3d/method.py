"""PoseNet3D as the loop has it: stages by the share of the training that is done, one optimiser, and a run's files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from core.body import load_body
from core.networks.checkpoint import Checkpoint, load_weights, read_checkpoint
from core.networks.lifter.lift import network_entry
from core.networks.table import LIFTER, TEACHER_FILE
from core.networks.teacher.metric_points import body_bones
from core.networks.teacher.teacher_file import TaughtTeacher, save_teacher
from train.methods.lifter.method import schedule, seeds
from train.methods.lifter.weights_folder import save_lifter
from train.methods.posenet3d.config import (
    DEFAULT_LAYOUT,
    FIXED,
    HELP,
    LIFTER_FOLDER_NAME,
    NEEDS,
    READERS,
    Config,
    LooksOptions,
    check,
    start_of,
)
from train.methods.posenet3d.enough_looks import check_enough
from train.methods.posenet3d.initial_networks import networks_of, student_of, taught_before
from train.methods.posenet3d.looks import Looks, read_looks
from train.methods.posenet3d.looks_sampler import LooksSampler
from train.methods.posenet3d.projected_looks import projected_looks
from train.methods.posenet3d.pupils import Pupils
from train.methods.posenet3d.skeleton_sheet import draw_people
from train.methods.posenet3d.stages import TrainingStage, stage_at
from train.methods.posenet3d.student_loss import StudentBody
from train.methods.posenet3d.teacher_loss import TeacherLoss
from train.run.distributed import Processes
from train.run.folder import CHECKPOINT
from train.run.method_record import Lesson, Method, Options, Plan, RunProgress, StepLoss, TrainStep

UNTAUGHT = f"{LIFTER}, not taught yet"  # the kind that a checkpoint names before the student's stage
BEFORE_TOGETHER = "before_together"  # folder of teacher and student at the end of the student's own stage
EPOCH = 1000  # steps: people are drawn anew, so an epoch is a count and nothing else
MEASURED_EVERY = 10  # steps
WORDS = """Teach bodies from keypoints alone: python -m train.posenet3d --data people.fitloop --run runs/2d --minutes 30

PoseNet3D (Tripathi et al., 3DV 2020) with a density of 2D poses in place of its discriminator. The student is a lifter:
train.fits --guess runs/2d/lifter and the window take it. With --start lifter the shipped lifter adapts to
them; with --poses POSES.npz captured poses are projected once; --evaluate RUN --poses POSES.npz measures a run."""


def read_all(own: LooksOptions, seed: int) -> tuple[Looks, tuple[str, ...]]:
    """The looks that the options name, and notices. Raises FitloopError."""
    if own.poses is not None:
        return projected_looks(own.poses, own.layout or DEFAULT_LAYOUT, own.splits, seed), ()
    return read_looks(own.data, own.layout)


def begin(plan: Plan, processes: Processes, fresh: bool) -> Lesson:
    """Read keypoints, refuse too few of them, and build the networks."""
    own: LooksOptions = plan.own
    config: Config = plan.config
    torch.manual_seed(config.seed)
    looks, notices = read_all(own, config.seed)
    points = looks.usual_points()
    rows = check_enough(looks, points)
    body = load_body()
    sampler = LooksSampler(looks, rows, points, processes.device)
    stored = None if fresh else read_checkpoint(plan.folder / CHECKPOINT)
    student = student_of(config, body, start_of(own), stored)
    taught = None if own.taught_by is None else taught_before(own.taught_by, points, config)
    pupils = Pupils(
        config,
        networks_of(config, sampler, student, taught),
        sampler,
        TeacherLoss(points, body_bones(body, points).to(processes.device), config.teacher),
        StudentBody.of(body.to(processes.device), points),
    )
    pupils.taken["teacher"] = int(taught is not None)
    course = Course(plan, pupils, processes)
    kept = f"{len(rows)} of {len(looks)} people have all {points.count} points, which depth is learned from"
    pairs = () if sampler.has_pairs else ("no two frames follow each other: no motion is learned",)
    return course.lesson((*notices, kept, *pairs))


@dataclass(eq=False)
class Course:
    """A run: the stage that it is in, what its last step found, and when the last picture was drawn."""

    plan: Plan
    pupils: Pupils
    processes: Processes
    stage: TrainingStage = field(default_factory=lambda: TrainingStage("density", 0.0))
    found: dict[str, float] = field(default_factory=dict)
    drawn: float = 0.0

    @property
    def config(self) -> Config:
        config: Config = self.plan.config
        return config

    def lesson(self, notices: tuple[str, ...]) -> Lesson:
        config, count = self.config, self.processes.count
        networks = self._learning
        return Lesson(
            network=networks,
            optimizer=torch.optim.Adam(networks.parameters(), lr=config.learning_rate),
            batch=config.batch * count,
            in_epoch=EPOCH,
            batches=lambda epoch, place: seeds(config.seed, epoch * EPOCH + place, self.processes.rank),
            gradients=self.gradients,
            rate=self.rate,
            checkpoint=self.checkpoint,
            restore=self.restore,
            clip=config.clip,
            write=self.write,
            after=self.after,
            kept=lambda seed: {"seed": torch.tensor(seed)},
            unit="people",
            remark=remark,
            notices=notices,
        )

    def _stage(self, share: float) -> TrainingStage:
        own: LooksOptions = self.plan.own
        shares = self.config.share if own.taught_by is None else self.config.share.of_student()
        return stage_at(share, shares, self.pupils.networks.density is not None)

    def rate(self, step: int, share: float) -> float:
        """Up and down again in each stage; slower where a student that was taught before goes on."""
        stage = self._stage(share)
        goes_on = stage.name == "together" or (stage.name == "student" and self._starts_taught)
        slower = self.config.slower if goes_on else 1.0
        return self.config.learning_rate * slower * schedule(stage.gone, self.config.warm_up)

    def gradients(self, seed: int, progress: RunProgress) -> StepLoss:
        """Of the stage's networks alone; the others have none, so the optimiser leaves them as they are."""
        torch.manual_seed(seed)
        self.stage = self._stage(progress.share)
        networks, count = self._learning, self.processes.count
        networks.zero_grad(set_to_none=True)
        loss, parts = self.pupils.step(self.stage, progress.step)
        if count > 1:
            torch._foreach_div_([p.grad for p in networks.parameters() if p.grad is not None], count)
        people = torch.tensor(self.config.batch, device=loss.device)
        parts = {name: part / count for name, part in parts.items()}
        self.found = {name: float(part) * count for name, part in parts.items()}
        return StepLoss(loss / count, parts, {"people": people})

    def after(self, step: int, last: bool) -> dict[str, float]:
        """Draw pictures, keep the student as it was before both go on together, and name the curves."""
        own = self.plan.folder / BEFORE_TOGETHER
        if self.stage.name == "together" and not own.exists():
            self._save(own, step)
        now = time.monotonic()
        if last or now - self.drawn > self.config.picture_s:
            student = self.pupils.taken["student"] > 0 or self._starts_taught
            draw_people(self.plan.folder, step, self.pupils, student)
            self.drawn = now
        measured = last or step % MEASURED_EVERY == 0
        return named(self.found, len(self.pupils.teacher_loss.bones)) if measured else {}

    @property
    def _starts_taught(self) -> bool:
        own: LooksOptions = self.plan.own
        return own.start is not None

    def checkpoint(self, step: int, loop: dict[str, Any]) -> Checkpoint:
        """The averaged student as a lifter, and all the rest in the loop's state."""
        networks = self.pupils.networks
        student = networks.averaged_student
        kind = LIFTER if self.pupils.taken["student"] or self._starts_taught else UNTAUGHT
        state = {
            "networks": _on_cpu(self._learning.state_dict()),
            "averaged_teacher": _on_cpu(networks.averaged_teacher.state_dict()),
            "taken": dict(self.pupils.taken),
        }
        return Checkpoint(kind, network_entry(student.config), student.state_dict(), step, {**loop, **state})

    def restore(self, checkpoint: Checkpoint, file: Path) -> None:
        networks = self.pupils.networks
        load_weights(self._learning, checkpoint.loop["networks"], str(file))
        load_weights(networks.averaged_teacher, checkpoint.loop["averaged_teacher"], str(file))
        load_weights(networks.averaged_student, checkpoint.weights, str(file))
        self.pupils.taken = {name: int(count) for name, count in checkpoint.loop["taken"].items()}

    def write(self, folder: Path, step: int) -> None:
        """The teacher, and the student's folder, once each has learned."""
        self._save(folder, step)

    def _save(self, folder: Path, step: int) -> None:
        networks, taken = self.pupils.networks, self.pupils.taken
        folder.mkdir(parents=True, exist_ok=True)
        if taken["teacher"]:
            taught = TaughtTeacher(networks.averaged_teacher, networks.density)
            save_teacher(folder / TEACHER_FILE, taught, step)
        if taken["student"]:
            save_lifter(networks.averaged_student, folder / LIFTER_FOLDER_NAME)

    @property
    def _learning(self) -> nn.ModuleDict:
        return self.pupils.networks.learning


def named(found: dict[str, float], bones: int) -> dict[str, float]:
    """The curves of a step, by their units: nats, percent of a mean bone, and millimetres. bones: their number."""
    curves = {}
    if "density" in found:
        curves["nats_of_people"] = -found["density"]
    if "likely" in found:
        curves["nats_of_views"] = -found["likely"]
    if "bones" in found:
        curves["bones_off_percent"] = 100 * (found["bones"] / bones) ** 0.5
    if "distilled" in found:
        curves["distilled_mm"] = 1000 * found["distilled"]
    return curves


def remark(report: TrainStep) -> str:
    """What the terminal adds to a step."""
    return ", ".join(f"{name} {value:.1f}" for name, value in report.measured.items())


def _on_cpu(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value.cpu() for name, value in weights.items()}


METHOD = Method(
    name="posenet3d",
    words=WORDS,
    config=Config(),
    own=LooksOptions(),
    begin=begin,
    options=Options(minutes=40.0, threads=2, save_minutes=2.5),
    help=HELP,
    readers=READERS,
    fixed=FIXED,
    needs=NEEDS,
    check=check,
)
