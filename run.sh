#!/bin/sh
# Start Fitloop: makes .venv and installs into it at the first start, then runs `python main.py "$@"`.
start=$(pwd)
cd "$(dirname "$0")" || exit 1
. ./scripts/environment.sh
prepare "[detect-rtmpose]" or-without # the detector that finds everybody
.venv/bin/python -m desktop.system || exit 1
root=$(pwd)
cd "$start" && exec "$root/.venv/bin/python" "$root/main.py" "$@"
