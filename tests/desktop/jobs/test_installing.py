"""pip as it is, on a wheel of our own, into a folder of our own: nothing of the environment changes."""

import sys
import time
import zipfile

import pytest

from core.detect import installs
from core.detect.installs import Install, is_installed
from core.errors import DetectorError
from desktop.jobs.installing import PIP, install_steps

pytestmark = pytest.mark.slow


@pytest.fixture
def wheel(tmp_path, monkeypatch):
    """A wheel of a detector, and the folder that it is installed into."""
    made, site = tmp_path / "made_up_detector-1.0-py3-none-any.whl", tmp_path / "site"
    record = "made_up_detector-1.0.dist-info"
    with zipfile.ZipFile(made, "w") as packed:
        packed.writestr("made_up_detector/__init__.py", "")
        packed.writestr(f"{record}/METADATA", "Metadata-Version: 2.1\nName: made_up_detector\nVersion: 1.0\n")
        packed.writestr(f"{record}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        packed.writestr(f"{record}/RECORD", "")
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    arguments = ("--no-index", "--find-links", str(tmp_path), "--target", str(site), "made_up_detector")
    monkeypatch.setitem(
        installs.INSTALLS, "made-up", Install("Made up", "made_up_detector", (arguments,), 1000)
    )
    return made


@pytest.mark.usefixtures("wheel")
def test_a_wheel_is_installed_with_its_log_and_found_without_a_restart():
    assert not is_installed("made-up")
    steps = list(install_steps("made-up"))
    assert is_installed("made-up")
    assert "Successfully installed made" in "".join(step.printed for step in steps)
    assert (steps[-1].done, steps[-1].total) == (1000, 1000)
    assert [step.done for step in steps] == sorted(step.done for step in steps)


def test_what_pip_cannot_install_is_an_error_with_its_last_words(wheel):
    wheel.unlink()
    with pytest.raises(DetectorError, match="No matching distribution found for made"):
        list(install_steps("made-up"))
    assert not is_installed("made-up")


def test_an_installation_that_is_stopped_ends_pip_and_leaves_no_scratch(wheel, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    slow = (sys.executable, "-c", "import time; time.sleep(600)")
    monkeypatch.setattr("desktop.jobs.installing.PIP", slow)
    steps = install_steps("made-up")
    next(steps)
    steps.close()
    assert list(tmp_path.glob("fitloop-install-*")) == []


def test_a_stop_also_ends_the_processes_that_pip_has_started(wheel, monkeypatch, tmp_path):
    beat = tmp_path / "beat"
    inner = f"import time, pathlib\nwhile True: pathlib.Path({str(beat)!r}).touch(); time.sleep(0.05)"
    outer = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {inner!r}]).wait()"
    monkeypatch.setattr("desktop.jobs.installing.PIP", (sys.executable, "-c", outer))
    steps = install_steps("made-up")
    for _ in steps:
        if beat.exists():
            break
    steps.close()
    beat.unlink()
    time.sleep(0.5)
    assert not beat.exists()


def test_only_wheels_are_installed():
    assert "--only-binary=:all:" in PIP
