"""People to fit: known bodies before a camera, and what a photo shows of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

import numpy as np
import torch
from torch import Tensor

from core.body.keypoint_body import UNKNOWNS, KeypointBody, params_to_vector
from core.body.keypoints import layout as keypoint_layout
from core.body.model import Body, BodyParams
from core.fitting import DepthOrder, FitConfig, FitStep, GroundContact, Pin, RayPin, Turn, fit
from core.fitting.compiled import compiled_tries, task_of
from core.fitting.inputs import observe
from core.fitting.objective import Objective, free_unknowns
from core.fitting.placing import BODY_HEIGHT
from core.fitting.prior import PRIOR_FILE, load_prior
from core.fitting.problem import Problem
from core.fitting.solver import Linearised, SolverStep, levenberg_marquardt
from core.fitting.terms.term import Observation
from core.geometry.camera import project
from core.geometry.rotation import axis_angle_to_matrix, matrix_to_axis_angle

FOCAL, CENTER = 1000.0, (500.0, 400.0)
WISHES = (
    Pin("left_wrist", (0.1, -0.2, 3.3)),
    RayPin("right_ankle", (0.1, 0.2, 2.0)),
    DepthOrder("left_knee", "left_hip", margin=0.1),
    GroundContact("left_foot", (0.0, 1.0, 0.0), 1.2),
    Turn("head", (0.1, 0.2, 0.3)),
)
SURE = 3  # tries; later gains are lost in rounding
FACING = torch.diag(torch.tensor([1.0, -1.0, -1.0]))  # upright before the camera, looking into it


def chance(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def prior_poses(count: int, seed: int = 0) -> Tensor:
    """Body poses (N, 69) drawn from the prior that ships, within its limits."""
    prior = load_prior(PRIOR_FILE)
    component = torch.multinomial((-prior.offsets).softmax(dim=0), count, True, generator=chance(seed))
    noise = torch.randn(count, 69, 1, generator=chance(seed + 1), dtype=prior.means.dtype)
    off = torch.linalg.solve(prior.factors[component].transpose(1, 2), noise)[..., 0]
    return (prior.means[component] + off).clamp(prior.lower, prior.upper).float()


def turned(params: BodyParams, turns: Tensor) -> BodyParams:
    """The bodies turned in the camera frame by turns (3, 3) or (B, 3, 3)."""
    orient = matrix_to_axis_angle(turns @ axis_angle_to_matrix(params.global_orient))
    return replace(params, global_orient=orient)


def turn_about(x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Tensor:
    """The rotation (3, 3) about the axis, by its length in degrees."""
    return axis_angle_to_matrix(torch.deg2rad(torch.tensor([x, y, z])))


def before_camera(body_pose: Tensor, seed: int = 0) -> BodyParams:
    """Upright people (B, 69) of any shape, heading and place, three to seven metres away."""
    count, random = len(body_pose), chance(seed)
    heading = torch.zeros(count, 3)
    heading[:, 1] = 2 * np.pi * torch.rand(count, generator=random)
    orient = matrix_to_axis_angle(FACING @ axis_angle_to_matrix(heading))
    away = torch.tensor([0.3, 0.3, 1.0]) * torch.randn(count, 3, generator=random).clamp(-2, 2)
    betas = torch.randn(count, 10, generator=random)
    return BodyParams(orient, body_pose, betas, away + torch.tensor([0.0, 0.0, 5.0]))


def off_by(params: BodyParams, degrees: float, seed: int = 0) -> BodyParams:
    """The bodies with every joint turned by so many degrees about an axis of its own."""
    axes = torch.randn(len(params), 24, 3, generator=chance(seed))
    turns = axis_angle_to_matrix(torch.nn.functional.normalize(axes, dim=-1) * np.deg2rad(degrees))
    pose = matrix_to_axis_angle(axis_angle_to_matrix(params.pose.view(-1, 24, 3)) @ turns).flatten(1)
    return BodyParams.from_pose(pose, params.betas, params.cam_t)


def standing(count: int = 1) -> BodyParams:
    """One mean adult in the prior's mean pose, upright, facing the camera from four metres."""
    like = BodyParams.zeros(count)
    pose = load_prior(PRIOR_FILE).mean_pose.float().expand(count, -1)
    cam_t = torch.tensor([0.0, 0.0, 4.0]).expand(count, -1)
    return turned(BodyParams(like.global_orient, pose, like.betas, cam_t), FACING)


@dataclass(frozen=True, eq=False)
class Scene:
    """People as they are (truth), and as a photo shows them: keypoints (B, K, 3)."""

    body: Body
    truth: BodyParams
    layout: str
    keypoints: Tensor

    @classmethod
    def of(cls, body: Body, truth: BodyParams, layout: str = "spin49", noise_px: float = 0.0) -> Scene:
        """noise_px: standard deviation at a person size of 200 px."""
        truth = truth.to(body.v_template.dtype)
        points = KeypointBody.from_body(body, layout).keypoints(truth)
        scene = cls(body, truth, layout, torch.ones_like(points))
        xy = project(points, scene.focal_length, scene.camera_center)
        noise = torch.randn(xy.shape, generator=chance(7)) * noise_px * scene.size_px[:, None, None] / 200
        return replace(scene, keypoints=torch.cat([xy + noise.to(xy), torch.ones_like(xy[..., :1])], dim=2))

    @property
    def focal_length(self) -> Tensor:
        return self.keypoints.new_full((len(self.keypoints),), FOCAL)

    @property
    def camera_center(self) -> Tensor:
        return self.keypoints.new_tensor(CENTER).expand(len(self.keypoints), 2)

    @property
    def size_px(self) -> Tensor:
        """(B,): how tall an average adult would be there."""
        return BODY_HEIGHT * FOCAL / self.truth.cam_t[:, 2]

    @cached_property
    def names(self) -> tuple[str, ...]:
        return keypoint_layout(self.layout).keypoints

    def with_keypoint(self, person: int, name: str, *numbers: float) -> Scene:
        """The same photo with one keypoint's x, y and confidence changed."""
        keypoints = self.keypoints.clone()
        keypoints[person, self.names.index(name)] = torch.tensor(numbers)
        return replace(self, keypoints=keypoints)

    def showing(self, *names: str) -> Scene:
        """The same photo with only these keypoints visible."""
        keypoints = self.keypoints.clone()
        keypoints[:, [name not in names for name in self.names], 2] = 0
        return replace(self, keypoints=keypoints)

    def steps(self, guess: BodyParams | None = None, config: FitConfig | None = None) -> list[FitStep]:
        return list(
            fit(self.body, self.keypoints, self.layout, self.focal_length, self.camera_center, guess, config)
        )

    def fit(self, guess: BodyParams | None = None, config: FitConfig | None = None) -> FitStep:
        """The last step."""
        return self.steps(guess, config)[-1]

    def joints(self, params: BodyParams) -> Tensor:
        """(B, 24, 3) [m, camera frame]."""
        return KeypointBody.from_body(self.body, self.layout).joints(params_to_vector(params))[1]

    def joint_error_mm(self, params: BodyParams) -> Tensor:
        """How far each joint is from the truth (B, 24)."""
        return 1000 * (self.joints(params) - self.joints(self.truth)).norm(dim=-1)

    def keypoint_error_px(self, step: FitStep) -> Tensor:
        """(B, K) at a person size of 200 px."""
        return step.residual_px * 200 / self.size_px[:, None]

    def objective(
        self, guess: BodyParams | None = None, config: FitConfig | None = None, softness: float = 0.0
    ) -> Callable[[Tensor], Linearised]:
        """What a fit from this guess minimises, of unknowns (B, 86)."""
        config = config or FitConfig()
        observed = observe(
            self.keypoints, self.layout, self.focal_length, self.camera_center, self.body.v_template
        )
        problem = Problem.of(self.body, observed, self.layout, config)
        problem = problem.sized(problem.starts(self.truth if guess is None else guess))
        objective = Objective(problem.body, problem.goal(config, softness))
        previous = problem.previous.reshape(-1, UNKNOWNS)
        data = Observation(problem.seen, problem.wishes, previous).tensors()
        return lambda unknowns: objective(unknowns, *data)


def assert_finite(step: FitStep) -> None:
    for part in (*step.params.tensors(), step.loss, step.residual_px, *step.loss_by_term.values()):
        assert part.isfinite().all()


def both_ways(
    scene: Scene, config: FitConfig, softness: float = 0.0, count: int = 5
) -> tuple[list[SolverStep], list[SolverStep]]:
    """Steps from ten degrees off, by tensors and by machine code."""
    seen = scene.focal_length, scene.camera_center
    problem = Problem.of(
        scene.body,
        observe(scene.keypoints, scene.layout, *seen, scene.body.v_template),
        scene.layout,
        config,
    )
    start = problem.starts(off_by(scene.truth, 10))
    problem = problem.sized(start)
    start, previous = start[:, 0], problem.previous[:, 0] + 0.01 if config.stay_near else None
    free = free_unknowns(config, start.device)
    goal, seen = problem.goal(config, softness), Observation(problem.seen, problem.wishes, previous)
    asked, data = Objective(problem.body, goal), seen.tensors()
    tensors = levenberg_marquardt(lambda there: asked(there, *data), start, count - 1, free)
    task = task_of(problem.body, goal, seen, free)
    machine = compiled_tries(task, start, 1e-3, scene.keypoints.shape[1], goal.terms)
    return list(tensors), list(islice(machine, count))


def assert_same(tensors: list[SolverStep], compiled: list[SolverStep]) -> None:
    for one, other in zip(tensors, compiled, strict=True):
        torch.testing.assert_close(other.loss, one.loss, rtol=5e-4, atol=5e-3)
        torch.testing.assert_close(other.report, one.report, rtol=5e-3, atol=5e-2)
        torch.testing.assert_close(other.unknowns, one.unknowns, rtol=0, atol=5e-3)
        if one.iteration <= SURE:
            assert other.accepted.equal(one.accepted)
