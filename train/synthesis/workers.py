"""Makes many photos in several processes. The photos do not depend on the number of processes."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import cv2
import torch

from core.errors import FitloopError
from train.synthesis.photo import Studio, StudioConfig, Truth
from train.synthesis.writing import image_name, mask_name, save_photo

CHUNK = 8  # photos a worker makes before it reports
REQUESTS = signal.SIGINT, signal.SIGTERM  # signals to stop: Ctrl-C, and the end of a cluster's job
# A worker uses one core: threads of libraries would only compete with each other.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
}  # fmt: skip


def make_photos(
    config: StudioConfig, folder: Path, count: int, workers: int
) -> Generator[list[Truth], None, None]:
    """Write photos 0 … count - 1 into the folder. Yields their truths in order, one chunk at a time.

    Closing the generator stops the workers after their current chunks. Raises the workers' FitloopError and OSError,
    and FitloopError if a worker is killed.
    """
    for name in (image_name(0), mask_name(0)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
    chunks = [range(start, min(start + CHUNK, count)) for start in range(0, count, CHUNK)]
    if workers == 1:
        with contextlib.closing(Studio(config)) as studio:
            yield from (_make(studio, folder, chunk) for chunk in chunks)
        return
    pool = ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_start_worker)
    try:
        with _inherited():
            waiting: list[Future[list[Truth]]] = [
                pool.submit(_make_in_worker, config, folder, chunk) for chunk in chunks
            ]
        for future in waiting:
            yield future.result()
    except BrokenProcessPool:
        raise FitloopError(
            "a worker of the synthesis was killed, perhaps because memory ran out. Use fewer --workers."
        ) from None
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _make(studio: Studio, folder: Path, chunk: range) -> list[Truth]:
    truths = []
    for index in chunk:
        photo = studio.photo(index)
        save_photo(photo, folder, index)
        truths.append(photo.truth)
    return truths


def _start_worker() -> None:
    for number in REQUESTS:
        signal.signal(number, signal.SIG_IGN)  # signals reach all processes; the parent alone handles them
    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _make_in_worker(config: StudioConfig, folder: Path, chunk: range) -> list[Truth]:
    return _make(_studio(config), folder, chunk)


@lru_cache(maxsize=1)
def _studio(config: StudioConfig) -> Studio:
    """The worker's own studio, made with its first photo so that its errors reach the parent like any other."""
    return Studio(config)


@contextlib.contextmanager
def _inherited() -> Iterator[None]:
    """Set what child processes inherit: one thread for libraries, and ignored signals from their start on."""
    before = {name: os.environ.get(name) for name in ONE_THREAD}
    os.environ.update({name: value for name, value in ONE_THREAD.items() if before[name] is None})
    in_main = threading.current_thread() is threading.main_thread()
    heard = {number: signal.signal(number, signal.SIG_IGN) for number in REQUESTS} if in_main else {}
    try:
        yield
    finally:
        for number, handler in heard.items():
            signal.signal(number, handler)
        for name in (name for name, value in before.items() if value is None):
            del os.environ[name]
