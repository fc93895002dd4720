"""Which composites teach a network of people most: random ones, the worst of four, a synthesizer's, or more photos?

python -m tests.benchmarks.composites.composing --folder runs/composing [--photos 800] [--added 240] [--seeds 3]

A small network (tests/benchmarks/shared/small_regressor.py: crops of 64 px, not ResNet) learns plain synthetic photos
of one person, then goes on with added ones of each arm in a third of every batch:

none      nothing is added
same      further plain photos
random    composites at random
hard      the worst of four for the network as it was
learned   half random, half of a synthesizer that is taught against the network and a discriminator

Printed: PA-MPJPE [mm] on held-out plain photos, on people of them hidden by 0.2 to 0.7 by other held-out cut-outs, and
cut by the photo's edge. The folder keeps photos and outcomes: a run that was stopped goes on.
"""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from core.body.model import Body, load_body
from tests.benchmarks.shared.machine import machine
from tests.benchmarks.shared.small_regressor import SmallCrops, SmallRegressor, error_mm, learn, small_target
from train import synthetic
from train.compositing.cutting.stage import Stage, StagedPhoto, photos_of_dataset
from train.compositing.failing.failing_targets import AskedCrops, AskedPerson
from train.compositing.placements import Kind
from train.compositing.placer_training import PlacerTraining
from train.compositing.proposals import Proposer
from train.run.parser import CommandLine

ARMS = ("none", "same", "random", "hard", "learned")
SIZE, HELD_OUT = 128, 200
FIRST_STEPS, MORE_STEPS, PLACER_STEPS = 500, 200, 30


@dataclass(frozen=True)
class PeopleOutcome:
    """PA-MPJPE [mm] of an arm."""

    arm: str
    seed: int
    plain_mm: float
    hidden_mm: float
    cut_mm: float


def prepared(folder: Path, count: int) -> list[StagedPhoto]:
    """Plain photos of one person each."""
    data = folder / "data"
    if not (data / "synthetic.npz").exists():
        size = ["--size", str(SIZE), "--people", "1", "--workers", "1"]
        assert synthetic.main(["--out", str(data), "--count", str(count), *size]) == 0
    return photos_of_dataset(data / "synthetic.npz", data, load_body())


def plain(stage: Stage, body: Body) -> SmallCrops:
    return SmallCrops.of([AskedPerson(stage.image(one), stage.people(one), 0) for one in stage.photos], body)


def composed(proposer: Proposer, count: int) -> SmallCrops:
    """The people asked about of composites."""
    parts = []
    for start in range(0, count, 16):
        made = proposer.composites(range(start, min(start + 16, count)))
        parts.append(
            SmallCrops.of([AskedPerson(one.image, one.people, one.asked) for one, _ in made], proposer.body)
        )
    return SmallCrops.joined(parts)


def stage(photos: list[StagedPhoto], body: Body) -> Stage:
    return Stage(photos, [], body, lambda line: None)


def added(
    arm: str, network: SmallRegressor, learned_from: Stage, further: Stage, body: Body, count: int, seed: int
) -> SmallCrops | None:
    """The crops of an arm, against the network as it is."""
    if arm == "none":
        return None
    if arm == "same":
        return plain(further, body)
    target = small_target(network, body)
    proposer = Proposer(learned_from, body, None, "random", seed)
    if arm == "hard":
        proposer = Proposer(learned_from, body, target, "hard", seed)
    if arm == "learned":
        training = PlacerTraining(learned_from, body, copy.deepcopy(network), target, seed)
        for _ in training.steps(PLACER_STEPS):
            pass
        proposer = Proposer(learned_from, body, None, "learned", seed, placer=training.placer)
    return composed(proposer, count)


def first_network(folder: Path, seed: int, data: SmallCrops, body: Body) -> SmallRegressor:
    """The network that all arms of a seed go on from."""
    torch.manual_seed(seed)
    network, file = SmallRegressor(), folder / f"first_{seed}.pt"
    if file.exists():
        network.load_state_dict(torch.load(file, weights_only=True))
        return network
    learn(network, body, data, FIRST_STEPS, seed)
    torch.save(network.state_dict(), file)
    return network


def kept(file: Path, make: Callable[[], list[SmallCrops]]) -> list[SmallCrops]:
    """Crops from a file, made first where it is not there."""
    if not file.exists():
        torch.save([vars(one.crops) for one in make()], file)
    return [SmallCrops(AskedCrops(**parts)) for parts in torch.load(file, weights_only=True)]


def table(outcomes: list[PeopleOutcome]) -> str:
    """Markdown: an arm a line, means over seeds with all seeds behind."""
    lines = [["arm", "plain", "hidden", "cut"], ["---"] * 4]
    for arm in (arm for arm in ARMS if any(one.arm == arm for one in outcomes)):
        own = sorted((one for one in outcomes if one.arm == arm), key=lambda one: one.seed)
        cells = []
        for name in ("plain_mm", "hidden_mm", "cut_mm"):
            values = [getattr(one, name) for one in own]
            cells.append(f"{np.mean(values):.1f} ({', '.join(f'{value:.1f}' for value in values)})")
        lines.append([arm, *cells])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def main() -> None:
    parser = CommandLine("tests.benchmarks.composites.composing", __doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--photos", type=int, default=800)
    parser.add_argument("--added", type=int, default=240)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--arms", nargs="*", default=list(ARMS), choices=ARMS)
    given = parser.parse_args()
    torch.set_num_threads(1)
    began, body = time.monotonic(), load_body()
    every = prepared(given.folder, given.photos + given.added + HELD_OUT)
    held, rest = every[:HELD_OUT], every[HELD_OUT:]
    learned_from, further = (
        stage(rest[: given.photos], body),
        stage(rest[given.photos :][: given.added], body),
    )
    held_out = stage(held, body)
    file = given.folder / "outcomes.jsonl"
    outcomes = (
        [PeopleOutcome(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []
    )
    done = {(one.arm, one.seed) for one in outcomes}

    def tests() -> list[SmallCrops]:
        kinds: tuple[Kind, ...] = ("occlusion", "crop")
        makers = [Proposer(held_out, body, None, "random", 99, kinds=(kind,)) for kind in kinds]
        return [plain(held_out, body), *(composed(maker, HELD_OUT) for maker in makers)]

    measured = kept(given.folder / "measured.pt", tests)
    data = kept(given.folder / "learned_from.pt", lambda: [plain(learned_from, body)])[0]
    for seed in range(given.seeds):
        for arm in (arm for arm in ARMS if arm in given.arms and (arm, seed) not in done):
            network = first_network(given.folder, seed, data, body)
            extra = added(arm, network, (learned_from, further), given.added, seed)
            learn(network, body, data, MORE_STEPS, 100 + seed, extra)
            errors = [error_mm(network, body, one) for one in measured]
            outcomes.append(PeopleOutcome(arm, seed, *errors))
            print(f"{outcomes[-1]} after {time.monotonic() - began:.0f} s", flush=True)
            with file.open("a") as stream:
                stream.write(json.dumps(asdict(outcomes[-1])) + "\n")
    print(table(outcomes))
    print(f"{time.monotonic() - began:.0f} s on {machine()}")


if __name__ == "__main__":
    main()
