#!/bin/sh
# Test Fitloop: makes .venv and installs into it at the first start, then runs `python -m pytest "$@"` in two processes.
# Plainly it is a developer's loop, without tests marked slow; --all runs everything. A file or test that is named runs
# with its slow ones, in one process: ./test.sh tests/core -q, ./test.sh tests/train/run/test_loop.py -k resume
cd "$(dirname "$0")" || exit 1
. ./scripts/environment.sh
prepare "[test]"
.venv/bin/python -m desktop.system --for-tests || exit 1
[ -e core/compute/__pycache__/fitloop_made ] ||
    echo "The first tests after an installation compile machine code: half a minute more, once." >&2
case "$*" in
    *.py*) ;;
    *) set -- -n 2 "$@" ;; # a later -n says otherwise
esac
export PYTHONDONTWRITEBYTECODE= # some containers set it: each process would compile 400 files of tests anew, 20 s of work
exec .venv/bin/python -m pytest "$@"
