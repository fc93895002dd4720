"""What the system lacks is said in one line with the command that mends it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop import system

ROOT = Path(__file__).parents[2]
on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Linux's libraries")


@on_linux
def test_a_library_that_does_not_load_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(
        system.shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None
    )
    missing = system.missing_libraries(loads=lambda file: file not in ("libEGL.so.1", "libxcb-cursor.so.0"))
    line = system.mend_line(missing)
    assert "libEGL.so.1, libxcb-cursor.so.0" in line
    assert line.endswith("sudo apt-get install libegl1 libxcb-cursor0")


@on_linux
def test_fedora_gets_its_own_command_and_each_package_once(monkeypatch):
    monkeypatch.setattr(system.shutil, "which", lambda name: "/usr/bin/dnf" if name == "dnf" else None)
    missing = system.missing_libraries(
        loads=lambda file: file not in ("libxcb-shape.so.0", "libxcb-xkb.so.1")
    )
    assert system.mend_line(missing).endswith("sudo dnf install libxcb")


def test_a_complete_system_lacks_nothing():
    assert system.missing_libraries(loads=lambda file: True) == ()


def test_a_library_that_does_not_exist_does_not_load():
    assert not system.loads("libno-such-thing.so.7")


@pytest.mark.slow
@on_linux
def test_without_a_screen_main_says_so_and_does_not_abort():
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    for display in ({}, {"DISPLAY": ":4711"}):
        done = subprocess.run(
            [sys.executable, "main.py"], cwd=ROOT, env=environment | display, capture_output=True, text=True
        )
        assert done.returncode == 1
        assert done.stderr.startswith("No screen")
        assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_what_torch_brought_is_left_alone_by_the_collector():
    story = """
import gc
from desktop.app import spare_the_collector
young, middle, old = gc.get_threshold()
spare_the_collector()
frozen = gc.get_freeze_count()
spare_the_collector()
print(frozen > 10_000, gc.get_freeze_count() == frozen, gc.get_threshold()[:2] == (young, middle))
"""
    done = subprocess.run([sys.executable, "-c", story], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True"] * 3
