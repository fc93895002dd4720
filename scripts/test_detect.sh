#!/bin/sh
# Test the detectors with mediapipe in place: runs `python -m pytest tests/core/detect "$@"` in .venv-detect.
# That environment sees all of .venv's packages and has only mediapipe, and what it needs beside them, of its own: its
# wheel declares numpy<2, so it never goes into .venv unasked.
cd "$(dirname "$0")/.." || exit 1
. ./scripts/environment.sh
prepare "[test]"

site_packages='import sysconfig; print(sysconfig.get_path("purelib"))'
stamp=.venv-detect/installed
now=$(cksum <pyproject.toml)
if [ "$(cat "$stamp" 2>/dev/null)" != "$now" ]; then
    echo "Making .venv-detect with mediapipe: half a minute, once." >&2
    .venv/bin/python -m venv --clear --without-pip .venv-detect ||
        stop "Could not make .venv-detect in $(pwd): see the lines above."
    .venv/bin/python -c "$site_packages" >"$(.venv-detect/bin/python -c "$site_packages")/fitloop.pth"
    pip=".venv-detect/bin/python -m pip install --quiet --disable-pip-version-check"
    $pip --editable ".[detect-mediapipe]" && $pip --no-deps mediapipe==0.10.21 ||
        stop "pip could not install mediapipe 0.10.21 into .venv-detect (it has wheels for Python 3.9 to 3.12): see the lines above."
    printf '%s\n' "$now" >"$stamp"
fi
FITLOOP_REQUIRE_MEDIAPIPE=1 exec .venv-detect/bin/python -m pytest tests/core/detect "$@"
