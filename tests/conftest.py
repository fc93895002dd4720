"""Which tests run; before Qt starts: can a window open? After each test: nothing may be left running or open.

Left out, but with --all or where their own file is named: tests marked `slow`. A test that is not may start no process.
"""

import gc
import multiprocessing.process
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from desktop import system

if TYPE_CHECKING:
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QWidget

# A busy machine makes inputs slowly, and is not at fault.
hypothesis_settings.register_profile("fitloop", deadline=None, suppress_health_check=[HealthCheck.too_slow])
hypothesis_settings.load_profile("fitloop")
ROOT = Path(__file__).parents[1]
LEFT_OVER_WAIT_S = 30.0  # a busy machine ends a thread late
can_draw = pytest.StashKey[bool]()
started = pytest.StashKey[list[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all",
        action="store_true",
        help="also tests marked slow: they start a process, a training, a kill, or work of many seconds",
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """After pytest-xvfb started its screen, before Qt starts: without a screen, widgets go offscreen."""
    if hasattr(
        config, "workerinput"
    ):  # of several processes each has a core: with more threads they wait in turn
        os.environ.setdefault("OMP_NUM_THREADS", "1")
    config.stash[started] = []
    _write_starts_down(config.stash[started])
    config.stash[can_draw] = (
        not system.missing_libraries() and system.has_screen() and system.window_plugin_loads()
    )
    if not config.stash[can_draw]:
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    elif sys.platform.startswith("linux") and os.environ.get("DISPLAY"):
        os.environ["QT_QPA_PLATFORM"] = "xcb"  # the virtual screen, also inside a Wayland session


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    _leave_slow_ones_out(config, items)
    _skip_what_cannot_be_drawn(config, items)


def _leave_slow_ones_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Those of a folder, or of everything. Who names a file, a test or the mark itself wants them."""
    if config.getoption("--all") or "slow" in config.getoption("-m"):
        return
    named = {Path(config.invocation_params.dir, word.split("::")[0]).resolve() for word in config.args}
    left_out = {item for item in items if item.get_closest_marker("slow") and item.path not in named}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]


def _skip_what_cannot_be_drawn(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Tests marked `gl` are skipped without a screen, unless FITLOOP_REQUIRE_GL says that they must run."""
    if config.stash[can_draw] or os.environ.get("FITLOOP_REQUIRE_GL"):
        return
    for item in items:
        if item.get_closest_marker("gl"):
            item.add_marker(pytest.mark.skip(reason="no screen and no Xvfb: OpenGL inside Qt cannot draw"))


@pytest.fixture(autouse=True)
def _gl_where_it_is_required(request: pytest.FixtureRequest) -> None:
    if request.node.get_closest_marker("gl") and not request.config.stash[can_draw]:
        pytest.fail("FITLOOP_REQUIRE_GL is set, and neither a screen nor Xvfb is there to draw on")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The real poses and photos beside the checkout, which are not part of the project."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"{folder} is not there")
    return folder


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.config.stash[started].clear()


@pytest.fixture(autouse=True)
def _no_process_unless_slow(request: pytest.FixtureRequest) -> Iterator[None]:
    """A process takes seconds to start: the developer's loop would be minutes long before anybody noticed why."""
    yield
    if not request.node.get_closest_marker("slow"):
        calls = request.config.stash[started]
        assert not calls, f"mark this test slow, as it starts a process: {'; '.join(calls)}"


def _write_starts_down(calls: list[str]) -> None:
    """Every Python that is started is written down first. What a library asks the system, as ldconfig, is quick."""

    def watch(owner: Any, name: str) -> None:
        own = getattr(owner, name)

        def start(*arguments: Any, **options: Any) -> Any:
            # Without the process itself, which is not made yet.
            words = f"{owner.__name__}.{name}{arguments[1:]}"
            if owner is not subprocess.Popen or sys.executable in words:
                calls.append(words)
            return own(*arguments, **options)

        setattr(owner, name, start)

    watch(subprocess.Popen, "__init__")
    watch(multiprocessing.process.BaseProcess, "start")
    watch(os, "fork")


@pytest.fixture(scope="module", autouse=True)
def _bodies_are_forgotten() -> Iterator[None]:
    """What core keeps of the last bodies: each test loads its own, and together they were gigabytes."""
    yield
    for name, module in list(sys.modules.items()):
        for value in list(vars(module).values()) if name.startswith("core.") else ():
            if isinstance(value, _lru_cache_wrapper) and value.cache_parameters()["maxsize"] is not None:
                value.cache_clear()


@pytest.fixture(scope="module", autouse=True)
def _what_stays_is_no_garbage() -> None:
    """A full collection visits a million objects of modules and of tests in 0.4 s, and after a window each test has
    one. They live until the end, so they are excluded; again where the end of `main` has taken them in.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


@pytest.fixture(autouse=True)
def _garbage_is_collected() -> Iterator[None]:
    """Once a window was built, Python's own collection is off."""
    yield
    collector = sys.modules.get("desktop.collector")
    if collector is not None and not gc.isenabled():
        collector.collect_due()


@pytest.fixture(autouse=True)
def _no_thread_left_running() -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    left = [thread for thread in threading.enumerate() if thread not in before and not thread.daemon]
    for thread in left:
        thread.join(LEFT_OVER_WAIT_S)
    left = [thread.name for thread in left if thread.is_alive()]
    assert not left, f"threads left running: {left}"


@pytest.fixture(autouse=True)
def _no_window_or_timer_left(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    """Only for tests of the window: those of core and train never pay for Qt."""
    if not {"desktop", "journeys"} & set(request.path.relative_to(ROOT).parts):
        yield
        return
    from PySide6.QtCore import QTimer
    from PySide6.QtWidgets import QApplication

    of_the_module = [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()]
    started: weakref.WeakSet[QTimer] = weakref.WeakSet()
    start = QTimer.start

    def start_and_remember(timer: QTimer, *arguments: object) -> None:
        started.add(timer)
        start(timer, *arguments)

    monkeypatch.setattr(QTimer, "start", start_and_remember)
    yield
    _fail_on_left_overs(started, of_the_module)


def _fail_on_left_overs(started: "weakref.WeakSet[QTimer]", of_the_module: "list[QWidget]") -> None:
    from PySide6.QtCore import QCoreApplication, QEvent
    from PySide6.QtWidgets import QApplication
    from shiboken6 import isValid

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    windows = [
        widget
        for widget in QApplication.topLevelWidgets()
        if widget.isVisible() and widget not in of_the_module
    ]
    timers = [timer for timer in started if isValid(timer) and timer.isActive()]
    names = [repr(left) for left in (*windows, *timers)]
    for timer in timers:
        timer.stop()
    for widget in windows:
        widget.close()
        widget.deleteLater()
    assert not names, f"windows or timers left: {names}"
