# Sourced by run.sh and test.sh: makes the virtual environment, installs into it, checks the system's libraries.
# Needs sh, python3 and what pip may download. Nothing is installed again until pyproject.toml changes.

stop() {
    printf '%s\n' "$1" >&2
    exit 1
}

make_venv() {
    python=${PYTHON:-python3}
    command -v "$python" >/dev/null 2>&1 ||
        stop "Fitloop needs Python 3.10, 3.11 or 3.12, and there is no $python: install one (Debian: sudo apt-get install python3 python3-venv)."
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    case $version in
        3.10 | 3.11 | 3.12) ;;
        *) stop "Fitloop needs Python 3.10, 3.11 or 3.12, and $python is $version: start with another, as in PYTHON=python3.11 $0" ;;
    esac
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        stop "$python cannot make virtual environments: sudo apt-get install python3-venv"
    echo "Making .venv with Python $version." >&2
    "$python" -m venv --clear .venv || stop "Could not make .venv in $(pwd): see the lines above."
}

pip_install() {
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$1"
}

# install EXTRA [or-without]: "[test]" installs what testing needs besides. or-without: the program runs without the extra.
install() {
    stamp=.venv/installed$1
    now=$(cksum <pyproject.toml)
    [ "$(cat "$stamp" 2>/dev/null)" = "$now" ] && return
    echo "Installing Fitloop$1 into .venv: half a minute to some minutes, once." >&2
    if ! pip_install "$1"; then
        [ "$2" = or-without ] && pip_install "" ||
            stop "pip could not install Fitloop: see the lines above; the next start tries again."
        echo "Fitloop runs without $1: see the lines above. The window installs it by a button: Person, Install a detector." >&2
    fi
    printf '%s\n' "$now" >"$stamp"
}

prepare() {
    .venv/bin/python -c '' 2>/dev/null || make_venv
    install "$@"
}
