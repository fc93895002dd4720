import torch

from core.fitting.sequence.bands import Banded, solve_banded
from tests.core.fitting.making import chance

TRACKS, FRAMES, OWN, SHARED = 2, 7, 5, 3


def dense(system: Banded) -> torch.Tensor:
    """The whole matrix (P, T N + S, T N + S)."""
    size = FRAMES * OWN
    whole = torch.zeros(TRACKS, size + SHARED, size + SHARED, dtype=torch.float64)
    for t in range(FRAMES):
        here = slice(t * OWN, (t + 1) * OWN)
        whole[:, here, here] = system.diagonal[:, t]
        for back, blocks in ((1, system.first), (2, system.second)):
            if t >= back:
                there = slice((t - back) * OWN, (t - back + 1) * OWN)
                whole[:, here, there], whole[:, there, here] = blocks[:, t], blocks[:, t].mT
        whole[:, here, size:], whole[:, size:, here] = system.border[:, t], system.border[:, t].mT
    whole[:, size:, size:] = system.corner
    return whole


def made() -> Banded:
    """Systems of random numbers, positive by a heavy diagonal."""

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=chance(sum(shape)), dtype=torch.float64)

    own = random(TRACKS, FRAMES, OWN, OWN)
    corner = random(TRACKS, SHARED, SHARED)
    return Banded(
        own @ own.mT + 40 * torch.eye(OWN),
        random(TRACKS, FRAMES, OWN, OWN),
        random(TRACKS, FRAMES, OWN, OWN),
        random(TRACKS, FRAMES, OWN, SHARED),
        corner @ corner.mT + 80 * torch.eye(SHARED),
    )


def test_the_banded_solution_is_that_of_the_whole_matrix():
    system = made()
    right = torch.randn(TRACKS, FRAMES, OWN, generator=chance(1), dtype=torch.float64)
    shared = torch.randn(TRACKS, SHARED, generator=chance(2), dtype=torch.float64)
    found, common = solve_banded(system, right, shared)
    whole = torch.linalg.solve(dense(system), torch.cat([right.flatten(1), shared], dim=1)[..., None])[..., 0]
    torch.testing.assert_close(torch.cat([found.flatten(1), common], dim=1), whole)


def test_a_system_that_is_not_positive_gives_nan_for_its_track_alone():
    system = made()
    system.diagonal[0, 3] = -torch.eye(OWN, dtype=torch.float64)
    right = torch.ones(TRACKS, FRAMES, OWN, dtype=torch.float64)
    found, common = solve_banded(system, right, torch.ones(TRACKS, SHARED, dtype=torch.float64))
    assert found[0].isnan().all()
    assert common[0].isnan().all()
    assert found[1].isfinite().all()
    assert common[1].isfinite().all()
