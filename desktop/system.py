"""Checks that the libraries of Qt and OpenGL load, because Qt aborts without them.

Standard library only. `python -m desktop.system [--for-tests]` prints the command that installs missing libraries.
"""

import ctypes
import importlib.util
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple


class Library(NamedTuple):
    """A shared library or a program, and the packages that contain it."""

    file: str
    debian: str
    fedora: str


LIBRARIES = (
    Library("libGL.so.1", "libgl1", "libglvnd-glx"),
    Library("libEGL.so.1", "libegl1", "libglvnd-egl"),
    Library("libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon"),
    Library("libdbus-1.so.3", "libdbus-1-3", "dbus-libs"),
    Library("libfontconfig.so.1", "libfontconfig1", "fontconfig"),
    Library("libgthread-2.0.so.0", "libglib2.0-0", "glib2"),
    Library("libxcb-cursor.so.0", "libxcb-cursor0", "xcb-util-cursor"),
    Library("libxcb-icccm.so.4", "libxcb-icccm4", "xcb-util-wm"),
    Library("libxcb-keysyms.so.1", "libxcb-keysyms1", "xcb-util-keysyms"),
    Library("libxcb-shape.so.0", "libxcb-shape0", "libxcb"),
    Library("libxcb-xkb.so.1", "libxcb-xkb1", "libxcb"),
    Library("libxkbcommon-x11.so.0", "libxkbcommon-x11-0", "libxkbcommon-x11"),
)
TEST_PROGRAMS = (
    Library("Xvfb", "xvfb", "xorg-x11-server-Xvfb"),
    Library("xauth", "xauth", "xorg-x11-xauth"),
)


def loads(file: str) -> bool:
    """Whether the dynamic linker finds this library and its dependencies."""
    try:
        ctypes.CDLL(file)
    except OSError:
        return False
    return True


def missing_libraries(loads: Callable[[str], bool] = loads) -> tuple[Library, ...]:
    """The libraries of a window with OpenGL that do not load. Empty on other systems than Linux."""
    if not sys.platform.startswith("linux"):
        return ()
    return tuple(library for library in LIBRARIES if not loads(library.file))


def missing_programs() -> tuple[Library, ...]:
    """The missing programs of a virtual screen for tests. Empty where a screen exists."""
    if not sys.platform.startswith("linux") or has_screen():
        return ()
    return tuple(program for program in TEST_PROGRAMS if shutil.which(program.file) is None)


def mend_line(missing: tuple[Library, ...]) -> str:
    """A message: the missing files and the command that installs them."""
    files = ", ".join(library.file for library in missing)
    if shutil.which("dnf") and not shutil.which("apt-get"):
        command = "dnf install " + " ".join(dict.fromkeys(library.fedora for library in missing))
    else:
        command = "apt-get install " + " ".join(dict.fromkeys(library.debian for library in missing))
    return f"The window needs {files}, which this system does not have. Install with: sudo {command}"


def has_screen() -> bool:
    """Whether a window can appear: an X server answers, or a Wayland session runs. Always True off Linux."""
    if not sys.platform.startswith("linux"):
        return True
    if os.environ.get("WAYLAND_DISPLAY"):
        return True
    if not os.environ.get("DISPLAY") or not loads("libxcb.so.1"):
        return False
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    # The connection stays open: a virtual server restarts when its last client leaves, and would refuse Qt, which
    # connects next.
    if not xcb.xcb_connection_has_error(connection):
        return True
    xcb.xcb_disconnect(connection)
    return False


def window_plugin_loads() -> bool:
    """Whether Qt's own X11 plugin loads, so that no library is missing."""
    spec = importlib.util.find_spec("PySide6")
    if not sys.platform.startswith("linux") or spec is None or spec.origin is None:
        return True
    plugin = Path(spec.origin).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    return not plugin.exists() or loads(str(plugin))


def complaint() -> str | None:
    """One line: the reason why no window can open, and a remedy. None if a window can open."""
    if os.environ.get("QT_QPA_PLATFORM"):  # a named platform was chosen on purpose
        return None
    missing = missing_libraries()
    if missing:
        return mend_line(missing)
    if not has_screen():
        return (
            "No screen: no display server answers at DISPLAY or WAYLAND_DISPLAY. "
            "Start on a desktop, or under a virtual screen: xvfb-run -a ./run.sh"
        )
    return None


def main(arguments: list[str]) -> int:
    """Print the missing libraries. Returns the exit status: 1 if any is missing."""
    missing = missing_libraries()
    if "--for-tests" in arguments:
        missing += missing_programs()
    if missing:
        print(mend_line(missing), file=sys.stderr)
    elif not window_plugin_loads():
        print("Qt's window plugin libqxcb.so does not load: reinstall PySide6-Essentials.", file=sys.stderr)
    else:
        return 0
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
