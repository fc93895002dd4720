"""Which affines of digits teach most? The smallest experiment of "Learning to Generate Synthetic Data via Compositing".

python -m tests.benchmarks.composites.affnist --digits mnist.npz
    [--counts 500 1000 2000 4000] [--seeds 3] [--arms …] [--out FILE]

A classifier that was taught centred digits learns from a pool of n placed digits, and is tested on 2 000 other digits,
each placed once by a random affine of AffNIST's ranges. The arms differ in how the pool's affines are chosen:

true     at random, of the same ranges as the test's
wide     at random, of ranges twice as wide
hard     of four such as `true` the one with the largest loss
learned  half as `true`, half by a synthesizer that is taught against the classifier and a discriminator (CVPR 2019)
no-discriminator, no-cap: as learned, without discriminator; without the cap of 2 on the classifier's loss

Eight rounds: the synthesizer learns against the frozen classifier, n / 8 digits enter the pool, the classifier learns
from the pool and from centred digits. A warm classifier starts from 85 % of validation digits, a cold one from centred
digits alone. --out keeps the outcomes, and a run that was stopped goes on from there.
"""

from __future__ import annotations

import copy
import json
import time
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, softplus

from tests.benchmarks.shared.digits import NUMBERS, DigitPlacer, Digits, network, placed, read_digits
from tests.benchmarks.shared.machine import machine
from train.run.parser import CommandLine

ARMS = ("true", "wide", "hard", "learned", "no-discriminator", "no-cap")
STARTS = ("cold", "warm")
WARM_ACCURACY = 0.85
TO_LEARN, VALIDATION, TESTED = (
    3000,
    500,
    2000,
)  # originals; validation digits are the last of those to learn from
ROUNDS, POOLED, CENTRED, STEPS = (
    8,
    48,
    16,
    70,
)  # and in each round steps of the classifier, by batches of so many
SYNTHESIZER_STEPS, SYNTHESIZER_BATCH = 40, 64
TRIED, CAP = 4, 2.0
LEARNED = ("learned", "no-discriminator", "no-cap")


@dataclass(frozen=True)
class Placing:
    """One run's outcome. accuracy [%] on the test's digits, before [%]: of the classifier it started from."""

    start: str
    arm: str
    count: int
    seed: int
    accuracy: float
    before: float


@dataclass(eq=False)
class Teaching:
    """One run at work."""

    arm: str
    digits: Digits
    target: nn.Module
    placer: DigitPlacer
    discriminator: nn.Module

    def __post_init__(self) -> None:
        self.of_target = torch.optim.Adam(self.target.parameters(), 1e-3)
        self.of_placer = torch.optim.Adam(self.placer.parameters(), 1e-3)
        self.of_discriminator = torch.optim.Adam(self.discriminator.parameters(), 1e-3, (0.5, 0.99))


def uniform(count: int, wide: bool = False) -> Tensor:
    """Numbers (count, 6). wide: twice the range of all but the shifts, which must keep a digit inside."""
    numbers = 2 * torch.rand(count, NUMBERS) - 1
    return numbers * torch.tensor([2.0] * 4 + [1.0] * 2) if wide else numbers


def chosen(rows: int, of: Digits) -> Digits:
    return of[torch.randint(len(of), (rows,))]


def centred_steps(target: nn.Module, digits: Digits, steps: int, share_placed: float = 0.0) -> None:
    """Teach centred digits, a share of them placed at random."""
    optimizer = torch.optim.Adam(target.parameters(), 1e-3)
    for _ in range(steps):
        some = chosen(64, digits)
        moved = int(64 * share_placed)
        images = some.images
        if moved:
            images = torch.cat([placed(images[:moved], uniform(moved)), images[moved:]])
        _step(optimizer, cross_entropy(target(images), some.labels))


def begun(start: str, digits: Digits, seed: int) -> nn.Module:
    """The classifier before its pool."""
    torch.manual_seed(seed)
    target = network((12, 24, 48), 10)
    known, held = digits[: TO_LEARN - VALIDATION], digits[TO_LEARN - VALIDATION :]
    centred_steps(target, known, 400)
    check = Digits(placed(held.images, uniform(len(held))), held.labels)
    for _ in range(60 if start == "warm" else 0):
        if accuracy(target, check) >= 100 * WARM_ACCURACY:
            break
        centred_steps(target, known, 40, share_placed=0.75)
    return target


@torch.no_grad()
def accuracy(target: nn.Module, digits: Digits) -> float:
    """[%] that are classified rightly."""
    return 100 * float((target(digits.images).argmax(dim=1) == digits.labels).float().mean())


def taught(teaching: Teaching, count: int) -> nn.Module:
    """The classifier after ROUNDS rounds with `count` digits in its pool at the end."""
    pool: list[Digits] = []
    for number in range(ROUNDS):
        if teaching.arm in LEARNED:
            weight = min(1.0, 2 * number / ROUNDS)
            for _ in range(SYNTHESIZER_STEPS):
                synthesizer_step(teaching, weight)
        pool.append(proposed(teaching, count // ROUNDS))
        every = Digits(torch.cat([one.images for one in pool]), torch.cat([one.labels for one in pool]))
        for _ in range(STEPS):
            some, centred = chosen(POOLED, every), chosen(CENTRED, teaching.digits)
            images = torch.cat([some.images, centred.images])
            labels = torch.cat([some.labels, centred.labels])
            _step(teaching.of_target, cross_entropy(teaching.target(images), labels))
    return teaching.target


def synthesizer_step(teaching: Teaching, weight: float) -> None:
    """First synthesizer, then discriminator, each against the others as they are. Real is what AffNIST draws."""
    some = chosen(SYNTHESIZER_BATCH, teaching.digits)
    images = placed(some.images, teaching.placer(some.images))
    losses = cross_entropy(teaching.target(images), some.labels, reduction="none")
    loss = -weight * (losses if teaching.arm == "no-cap" else losses.clamp_max(CAP)).mean()
    if teaching.arm != "no-discriminator":
        loss = loss + softplus(-teaching.discriminator(images)).mean()
    _step(teaching.of_placer, loss)
    real = chosen(SYNTHESIZER_BATCH, teaching.digits)
    real_images = placed(real.images, uniform(len(real)))
    unreal = softplus(teaching.discriminator(images.detach())).mean()
    _step(teaching.of_discriminator, unreal + softplus(-teaching.discriminator(real_images)).mean())


@torch.no_grad()
def proposed(teaching: Teaching, count: int) -> Digits:
    """Placed digits for the pool."""
    some = chosen(count, teaching.digits)
    numbers = uniform(count, teaching.arm == "wide")
    if teaching.arm in LEARNED:
        half = count // 2
        numbers[:half] = teaching.placer(some.images[:half])
    if teaching.arm == "hard":
        tries = torch.stack([numbers, *(uniform(count) for _ in range(TRIED - 1))])
        losses = torch.stack(
            [
                cross_entropy(teaching.target(placed(some.images, each)), some.labels, reduction="none")
                for each in tries
            ]
        )
        numbers = tries[losses.argmax(dim=0), torch.arange(count)]
    return Digits(placed(some.images, numbers), some.labels)


def _step(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()


def outcome(wanted: tuple[str, str, int, int], target: nn.Module, digits: Digits, tested: Digits) -> Placing:
    """Of one run. target: the classifier it starts from, which stays as it is."""
    start, arm, count, seed = wanted
    before, target = accuracy(target, tested), copy.deepcopy(target)
    torch.manual_seed(1000 + seed)
    teaching = Teaching(arm, digits, target, DigitPlacer(), network((8, 8, 8), 1))
    return Placing(start, arm, count, seed, accuracy(taught(teaching, count), tested), before)


def split(every: Digits) -> tuple[Digits, Digits]:
    """Originals to learn from, and those of the test, each placed once."""
    torch.manual_seed(12345)
    others = every[-TESTED:]
    return every[:TO_LEARN], Digits(placed(others.images, uniform(len(others))), others.labels)


def table(outcomes: list[Placing], start: str) -> str:
    """Markdown: an arm a line; accuracy [%] by count, the seeds apart; examples that reach `true` with the most."""
    mine = [one for one in outcomes if one.start == start]
    counts = sorted({one.count for one in mine})
    lines = [["arm", *(f"n = {count}" for count in counts), f"n that reaches true, n = {counts[-1]}"]]
    lines.append(["---"] * len(lines[0]))
    goal = {one.seed: one.accuracy for one in mine if one.arm == "true" and one.count == counts[-1]}
    for arm in (arm for arm in ARMS if any(one.arm == arm for one in mine)):
        own = {(one.count, one.seed): one.accuracy for one in mine if one.arm == arm}
        cells = [
            ", ".join(f"{own[count, seed]:.1f}" for seed in sorted(goal) if (count, seed) in own)
            for count in counts
        ]
        first = [
            next((str(count) for count in counts if own.get((count, seed), 0) >= least), "none")
            for seed, least in sorted(goal.items())
        ]
        lines.append([arm, *cells, ", ".join(first)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    parser = CommandLine("tests.benchmarks.composites.affnist", __doc__)
    parser.add_argument("--digits", type=Path, required=True)
    parser.add_argument("--counts", type=int, nargs="+", default=[500, 1000, 2000, 4000])
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=ARMS)
    parser.add_argument("--starts", nargs="+", default=list(STARTS), choices=STARTS)
    parser.add_argument("--out", type=Path, help="JSON lines of outcomes")
    given = parser.parse_args()
    torch.set_num_threads(1)
    began = time.monotonic()
    digits, tested = split(read_digits(given.digits))
    kept = given.out.read_text().splitlines() if given.out and given.out.exists() else []
    outcomes = [Placing(**json.loads(line)) for line in kept]
    done = {(one.start, one.arm, one.count, one.seed) for one in outcomes}
    wanted = [
        (start, arm, count, seed)
        for seed in range(given.seeds)
        for start in given.starts
        for arm in given.arms
        for count in given.counts
    ]
    first = lru_cache(maxsize=1)(lambda start, seed: begun(start, digits, seed))
    for each in wanted:
        if each in done:
            continue
        outcomes.append(outcome(each, first(each[0], each[3]), digits, tested))
        line = json.dumps(asdict(outcomes[-1]))
        print(f"{line} after {time.monotonic() - began:.0f} s", flush=True)
        if given.out:
            with given.out.open("a") as stream:
                stream.write(line + "\n")
    for start in given.starts:
        before = {one.seed: one.before for one in outcomes if one.start == start}
        print(f"\n{start}, before its pool {', '.join(f'{value:.1f}' for value in before.values())} %")
        print(table(outcomes, start))
    print(f"{time.monotonic() - began:.0f} s on {machine()}")


if __name__ == "__main__":
    main()
