import torch

from core.fitting.sequence.choice import choose_over_time

SECONDS = torch.arange(6) / 30


def two_ways() -> torch.Tensor:
    """Joints (6, 2, 2, 3): a wrist that reaches to the front or to the back, from a root."""
    joints = torch.zeros(6, 2, 2, 3)
    joints[:, 0, 1, 2], joints[:, 1, 1, 2] = -0.3, 0.3
    return joints


def test_one_frame_of_a_flipped_limb_is_chosen_as_its_neighbours_are():
    probability = torch.tensor([[0.7, 0.3]]).repeat(6, 1)
    probability[3] = torch.tensor([0.45, 0.55])
    chosen = choose_over_time(two_ways(), probability, SECONDS, torch.ones(6, 2, dtype=torch.bool))
    assert chosen.tolist() == [0] * 6


def test_far_likelier_hypotheses_are_taken_although_a_limb_moves_fast():
    probability = torch.tensor([[0.99, 0.01]] * 3 + [[0.01, 0.99]] * 3)
    chosen = choose_over_time(two_ways(), probability, SECONDS, torch.ones(6, 2, dtype=torch.bool))
    assert chosen.tolist() == [0, 0, 0, 1, 1, 1]


def test_a_hypothesis_that_a_frame_lacks_is_never_chosen():
    there = torch.ones(6, 2, dtype=torch.bool)
    there[2, 0] = False
    chosen = choose_over_time(two_ways(), torch.tensor([[0.9, 0.1]]).repeat(6, 1), SECONDS, there)
    assert chosen[2] == 1


def test_where_the_person_stands_does_not_count():
    moved = two_ways()
    moved[3] += 5.0
    probability = torch.tensor([[0.6, 0.4]]).repeat(6, 1)
    chosen = choose_over_time(moved, probability, SECONDS, torch.ones(6, 2, dtype=torch.bool))
    assert chosen.tolist() == [0] * 6
