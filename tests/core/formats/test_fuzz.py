"""A small run of tests/stress/fuzz_readers.py: damaged files give a ReadError or are read, and nothing else."""

import signal
import warnings
from pathlib import Path

import pytest

from tests.stress import fuzz_readers as fuzz

INPUTS = 120


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory):
    folder: Path = tmp_path_factory.mktemp("fuzz")
    samples = fuzz.samples(folder)
    values = fuzz.writers(folder)
    values |= fuzz.extra_samples(samples, folder)
    return samples, values


@pytest.mark.slow
@pytest.mark.parametrize("reader", [*fuzz.FORMATS, *fuzz.EXTRA, fuzz.RECOGNISE])
def test_damaged_files_are_refused_in_words_or_read(reader, made):
    samples, values = made
    before = signal.signal(signal.SIGALRM, fuzz.raise_hang)
    outcome = fuzz.Outcome(reader)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", module=r"core(\..*)?$")
            for sample, *value in fuzz.runs_of(reader, samples, values):
                inputs = INPUTS // (len(samples) if reader == fuzz.RECOGNISE else 1)
                fuzz.run(sample, *value, outcome, inputs, seed=20)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not outcome.failures, "\n".join(outcome.failures)
    assert outcome.refused
