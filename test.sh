#!/bin/sh
# Test Fitloop: makes .venv and installs into it at the first start, then runs `python -m pytest "$@"`.
cd "$(dirname "$0")" || exit 1
. ./scripts/environment.sh
prepare "[test]"
.venv/bin/python -m desktop.system --for-tests || exit 1
exec .venv/bin/python -m pytest "$@"
