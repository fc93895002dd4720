"""Levenberg and Marquardt's steps, on problems that have nothing to do with bodies."""

from collections.abc import Callable
from itertools import pairwise

import pytest
import torch
from torch import Tensor

from core.fitting.solver import Linearised, SolverStep, levenberg_marquardt, solve_positive
from tests.core.fitting.making import chance

Residuals = Callable[[Tensor], Tensor]


def least_squares(residuals: Residuals) -> Callable[[Tensor], Linearised]:
    """A problem of residuals (B, D) -> (B, R), its Jacobian by autograd; the report is the unknowns themselves."""

    def linearise(unknowns: Tensor) -> Linearised:
        with torch.enable_grad():
            given = unknowns.detach().clone().requires_grad_()
            rows = residuals(given)
            columns = [
                torch.autograd.grad(row, given, torch.ones_like(row), retain_graph=True)[0]
                for row in rows.unbind(dim=1)
            ]
        jacobian, residual = torch.stack(columns, dim=1), rows.detach()
        gradient = (jacobian.transpose(1, 2) @ residual[..., None])[..., 0]
        loss = residual.square().sum(dim=1)
        return Linearised(loss, gradient, jacobian.transpose(1, 2) @ jacobian, unknowns.clone())

    return linearise


def rosenbrock(unknowns: Tensor) -> Tensor:
    """A bent valley whose floor is at (1, 1)."""
    x, y = unknowns.unbind(dim=1)
    return torch.stack([10 * (y - x * x), 1 - x], dim=1)


VALLEY = torch.tensor([[-1.2, 1.0], [3.0, -4.0], [0.0, 0.0], [-5.0, 20.0]], dtype=torch.float64)


def solved(residuals: Residuals, start: Tensor, iterations: int = 60, **options: object) -> list[SolverStep]:
    return list(levenberg_marquardt(least_squares(residuals), start, iterations, **options))


def lines(count: int = 3) -> tuple[Residuals, Tensor]:
    """Linear problems (N, 6) in 4 unknowns, and where each has its minimum."""
    matrix = torch.randn(count, 6, 4, generator=chance(0), dtype=torch.float64)
    target = torch.randn(count, 6, generator=chance(1), dtype=torch.float64)
    best = torch.linalg.lstsq(matrix, target[..., None]).solution[..., 0]
    return lambda unknowns: (matrix @ unknowns[..., None])[..., 0] - target, best


def test_a_linear_problem_ends_where_least_squares_says():
    residuals, best = lines()
    step = solved(residuals, torch.zeros_like(best), 30)[-1]
    torch.testing.assert_close(step.unknowns, best, rtol=0, atol=1e-7)


def test_a_bent_valley_is_followed_to_its_floor():
    step = solved(rosenbrock, VALLEY)[-1]
    torch.testing.assert_close(step.unknowns, torch.ones_like(VALLEY), rtol=0, atol=1e-6)
    assert (step.loss < 1e-12).all()


def test_the_loss_never_rises_and_every_step_tells_the_truth_about_it():
    steps = solved(rosenbrock, VALLEY)
    for before, after in pairwise(steps):
        assert (after.loss <= before.loss).all()
        assert ((after.loss < before.loss) == after.accepted).all()
    for step in steps:
        torch.testing.assert_close(step.loss, rosenbrock(step.unknowns).square().sum(dim=1))
        assert step.report.equal(step.unknowns), "the report belongs to the point it rides with"
    assert not steps[1].accepted.equal(torch.ones(4, dtype=torch.bool)), "the valley refuses some tries"


def test_the_first_step_is_the_start_and_the_others_are_counted():
    steps = solved(rosenbrock, VALLEY, 7)
    assert [step.iteration for step in steps] == list(range(8))
    assert steps[0].unknowns.equal(VALLEY)


def test_a_batch_equals_its_problems_one_by_one():
    together = solved(rosenbrock, VALLEY, 25)
    for number in range(len(VALLEY)):
        alone = solved(rosenbrock, VALLEY[number : number + 1], 25)
        for step, same in zip(together, alone, strict=True):
            torch.testing.assert_close(step.unknowns[number], same.unknowns[0], rtol=0, atol=1e-12)


def test_each_problem_has_its_own_damping():
    """Beside a hopeless problem, whose every try is refused, an easy one still converges as it does alone."""

    def residuals(unknowns: Tensor) -> Tensor:
        cliff = torch.where(unknowns == 0, 1.0, 100.0) + 1e-3 * unknowns
        return torch.where(torch.tensor([[True], [False]]), cliff, unknowns - 3)

    steps = solved(residuals, torch.zeros(2, 1, dtype=torch.float64), 8)
    assert not any(step.accepted[0] for step in steps[1:])
    assert float(steps[-1].unknowns[0]) == 0
    assert abs(float(steps[-1].unknowns[1]) - 3) < 1e-6


def test_frozen_unknowns_stay_exactly_where_they_are():
    residuals, best = lines()
    start = torch.randn(best.shape, generator=chance(2), dtype=torch.float64)
    free = torch.tensor([True, False, True, False])
    step = solved(residuals, start, 40, free=free)[-1]
    assert step.unknowns[:, ~free].equal(start[:, ~free])
    gradient = least_squares(residuals)(step.unknowns).gradient
    assert gradient[:, free].abs().max() < 1e-8, "the free ones are at their best"
    assert gradient[:, ~free].abs().max() > 1e-2


def test_unknowns_that_nothing_depends_on_stay_where_they_are():
    start = torch.tensor([[4.0, -7.0]], dtype=torch.float64)
    step = solved(lambda unknowns: unknowns[:, :1] - 1, start)[-1]
    assert step.unknowns[0, 1] == -7
    assert abs(step.unknowns[0, 0] - 1) < 1e-6


@pytest.mark.parametrize("odd", [torch.nan, torch.inf])
def test_a_step_to_where_the_loss_is_no_number_is_refused(odd):
    """sqrt(x) - 0.1 from far right: Newton's first step lands where there is no root."""

    def residuals(unknowns: Tensor) -> Tensor:
        root = torch.where(unknowns > 0, unknowns, 1.0).sqrt() - 0.1
        return torch.where(unknowns > 0, root, odd)

    steps = solved(residuals, torch.tensor([[4.0], [0.02]], dtype=torch.float64), 60, damping=1e-6)
    assert not steps[1].accepted[0]
    assert steps[1].accepted[1], "a neighbour's bad step is not mine"
    for step in steps:
        assert step.unknowns.isfinite().all()
        assert step.loss.isfinite().all()
    torch.testing.assert_close(steps[-1].unknowns, torch.full((2, 1), 0.01).double(), rtol=0, atol=1e-6)


def test_a_start_without_a_finite_loss_does_not_end_in_anything_but_numbers():
    def residuals(unknowns: Tensor) -> Tensor:
        return torch.where(unknowns > 0, unknowns, torch.inf)

    step = solved(residuals, torch.tensor([[-1.0], [2.0]], dtype=torch.float64), 10)[-1]
    assert step.unknowns.isfinite().all()
    assert abs(step.unknowns[1]) < 1e-6


def test_it_stops_when_nothing_more_is_gained():
    easy, _ = lines()
    steps = solved(easy, torch.zeros(3, 4, dtype=torch.float64), 50, tolerance=1e-3)
    assert 1 < len(steps) < 10
    further = solved(easy, torch.zeros(3, 4, dtype=torch.float64), 50)
    assert (steps[-1].loss - further[-1].loss < 1e-2 * further[-1].loss).all()


def test_steps_are_never_changed_afterwards():
    kept = [
        (step, step.unknowns.clone(), step.loss.clone(), step.report.clone())
        for step in levenberg_marquardt(least_squares(rosenbrock), VALLEY.clone(), 30)
    ]
    for step, unknowns, loss, report in kept:
        assert step.unknowns.equal(unknowns)
        assert step.loss.equal(loss)
        assert step.report.equal(report)


def test_the_start_is_not_written_into():
    start = VALLEY.clone()
    solved(rosenbrock, start)
    assert start.equal(VALLEY)


def test_gradients_are_off_only_while_it_works():
    for _ in levenberg_marquardt(least_squares(rosenbrock), VALLEY, 3):
        assert torch.is_grad_enabled()
    assert torch.is_grad_enabled()


def test_a_matrix_that_is_not_positive_has_no_solution_and_leaves_its_neighbours_alone():
    matrix = torch.diag_embed(torch.tensor([[2.0, 2.0, 2.0], [1.0, 1.0, -2.0], [1.0, 0.0, 1.0]]))
    found = solve_positive(matrix, torch.ones(3, 3))
    assert found[0].tolist() == pytest.approx([0.5, 0.5, 0.5])
    assert found[1:].isnan().all()


def test_solutions_are_those_of_a_plain_solver_however_large_the_right_side():
    root = torch.randn(5, 86, 90, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    matrix, right = root @ root.mT, root[..., 0]
    found, plain = solve_positive(matrix, right), torch.linalg.solve(matrix, right)
    torch.testing.assert_close(found, plain, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(solve_positive(matrix, 1e20 * right), 1e20 * plain, rtol=1e-9, atol=1e-12)
