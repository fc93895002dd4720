"""Joins the processes that torchrun started into one group, also after a restart."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta

import torch.distributed as dist

from core.errors import FitloopError

LONGEST_WAIT = timedelta(minutes=10)  # for a process of another machine to start
LOOK_AGAIN_S = 0.02


def join_group(backend: str, timeout: timedelta | None = None) -> None:
    """Join the group of all processes. It needs torchrun's environment.

    timeout: the longest wait of a collective, None for torch's own. Raises FitloopError if a process does not join.
    """
    store, rank, count = next(dist.rendezvous("env://"))
    store.set_timeout(LONGEST_WAIT)
    dist.init_process_group(
        backend, store=new_part(store, rank, count), rank=rank, world_size=count, timeout=timeout
    )


def new_part(store: dist.Store, rank: int, count: int) -> dist.Store:
    """The part of the store that only these `count` processes have ever used.

    torchrun keeps its store when it starts processes anew, and with it the addresses of the dead: joining by them hangs
    (pytorch issue 135712). Its count of restarts is not the same on every machine. So each process picks a random name
    for itself, and the first process sends the name of the new part to each of these names: a dead one never reads it.
    """
    me = uuid.uuid4().hex
    if rank == 0:
        for other in range(1, count):
            _tell(store, me, other)
        return dist.PrefixStore(me, store)
    store.set(f"asks/{rank}", me)
    try:
        part = store.get(f"part of/{me}").decode()
    except (
        dist.DistStoreError,
        RuntimeError,
    ) as error:  # each kind of store has its own for a wait that was too long
        raise FitloopError(
            f"process {rank} was not answered by the first one within {store.timeout} ({error}). Start all anew."
        ) from None
    store.set(f"{part}/knows/{rank}", "yes")
    return dist.PrefixStore(part, store)


def _tell(store: dist.Store, part: str, other: int) -> None:
    """Tell process `other` the name of the part, until it has heard."""
    end = time.monotonic() + LONGEST_WAIT.total_seconds()
    while not store.check([f"{part}/knows/{other}"]):
        if store.check([f"asks/{other}"]):
            store.set(f"part of/{store.get(f'asks/{other}').decode()}", part)
        if time.monotonic() > end:
            raise FitloopError(f"process {other} did not join within {LONGEST_WAIT}. Start all of them anew.")
        time.sleep(LOOK_AGAIN_S)
