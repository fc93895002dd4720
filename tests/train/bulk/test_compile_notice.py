"""A command that waits for its fits to be compiled says so, once and only then."""

import time

import pytest

from train.bulk import compile_notice


@pytest.fixture
def waits(monkeypatch):
    """How long fits take to be made ready is the test's to say [s]."""

    def for_s(seconds: float) -> None:
        monkeypatch.setattr(compile_notice, "warm_up", lambda: time.sleep(seconds))

    monkeypatch.setattr(compile_notice, "SAID_AFTER_S", 0.05)
    return for_s


def test_a_long_wait_is_said_once(waits, capsys):
    waits(0.5)
    compile_notice.ready_to_fit("cpu")
    assert capsys.readouterr().err.count("Compiling the fits") == 1


def test_what_is_ready_at_once_needs_no_words(waits, capsys):
    waits(0.0)
    compile_notice.ready_to_fit("cpu")
    assert capsys.readouterr().err == ""


def test_a_gpu_needs_no_machine_code_of_ours(monkeypatch):
    monkeypatch.setattr(compile_notice, "warm_up", lambda: pytest.fail("compiled for nobody"))
    compile_notice.ready_to_fit("cuda:0")


def test_a_trainer_on_a_gpu_says_what_its_first_steps_wait_for(waits, capsys):
    compile_notice.ready_to_train("cuda")
    assert "first steps compile the fits" in capsys.readouterr().err
    waits(0.0)
    compile_notice.ready_to_train("cpu")
    assert capsys.readouterr().err == ""
