"""Processes that are started anew find each other, and never those that are dead."""

import threading
from datetime import timedelta

import pytest
import torch.distributed as dist

from core.errors import FitloopError
from train.run import rendezvous
from train.run.rendezvous import new_part


def parts_of(store: dist.Store, count: int) -> list[dist.Store]:
    """What each of `count` processes is given, which ask at the same time; the first one last."""
    parts: dict[int, dist.Store] = {}
    ranks = (*range(1, count), 0)
    threads = [
        threading.Thread(target=lambda rank=rank: parts.update({rank: new_part(store, rank, count)}))
        for rank in ranks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return [parts[rank] for rank in range(count)]


class TestNewPart:
    def test_all_processes_are_given_one_part(self):
        first, *others = parts_of(dist.HashStore(), 3)
        first.set("address", "here")
        assert [other.get("address") for other in others] == [b"here", b"here"]

    def test_what_the_dead_wrote_is_not_found(self):
        store = dist.HashStore()
        for part in parts_of(store, 2):
            part.set("address", "of the dead")
        assert not any(part.check(["address"]) for part in parts_of(store, 2))

    def test_a_process_that_died_while_it_asked_does_no_harm(self):
        store = dist.HashStore()
        store.set("asks/1", "a process that is dead")
        first, second = parts_of(store, 2)
        first.set("address", "here")
        assert second.get("address") == b"here"

    def test_a_process_that_does_not_come_is_named(self, monkeypatch):
        monkeypatch.setattr(rendezvous, "LONGEST_WAIT", timedelta(seconds=0.1))
        with pytest.raises(FitloopError, match="process 1 did not join"):
            new_part(dist.HashStore(), 0, 2)

    def test_a_process_that_nobody_answers_says_so(self):
        store = dist.HashStore()
        store.set_timeout(timedelta(seconds=0.1))
        with pytest.raises(FitloopError, match="process 1 was not answered"):
            new_part(store, 1, 2)
