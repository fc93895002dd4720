"""Sixteen synthetic photos learned by heart: PA-MPJPE must fall under 20 mm. Some ten minutes on two cores.

python -m tests.stress.overfit [--steps 250] [--run FOLDER]
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from core.body.model import load_body
from core.networks.spin import load_spin_network
from train import spin, synthetic
from train.evaluation.protocols import evaluate
from train.run.parser import CommandLine

PHOTOS = 16
MOST_MM = 20.0
STILL = "--augment-flip 0 --augment-noise 0 --augment-still 1 --augment-scale 0"


def main() -> int:
    parser = CommandLine("tests.stress.overfit", __doc__)
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--run", type=Path, help="keep the run here")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        synthetic.main(["--out", str(data), "--count", str(PHOTOS), "--people", "1", "--workers", "1"])
        run = options.run or Path(folder) / "run"
        how = f"--backbone resnet18 --batch {PHOTOS} --steps {options.steps} --epochs 0 --workers 0"
        how += f" --learning-rate 3e-4 {STILL}"
        source = ["--data", f"synthetic={data / 'synthetic.npz'}", "--run", str(run)]
        if spin.main([*source, *how.split()]):
            return 1
        network = load_spin_network(run / "checkpoint.pt")
        found = evaluate(network, load_body(), "synthetic", data / "synthetic.npz")
    print(json.dumps(vars(found)))
    assert found.pa_mpjpe_mm is not None
    return 0 if found.pa_mpjpe_mm < MOST_MM else 1


if __name__ == "__main__":
    sys.exit(main())
