"""How networks are taught here: python -m train.methods"""

from __future__ import annotations

from train.methods.table import methods

for _, (row, method) in methods().items():
    print(f"python -m {row.command}: {method.words.splitlines()[0].partition(': python')[0]}")
