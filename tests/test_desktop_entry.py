"""The command that puts the program into the desktop's menu, and takes it out again."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "desktop_entry.sh"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="an entry of a Linux desktop"),
]


def run(script, share, *arguments):
    environment = os.environ | {"XDG_DATA_HOME": str(share)}
    done = subprocess.run([script, *arguments], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def entry_of(share):
    lines = (share / "applications" / "fitloop.desktop").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_the_entry_starts_this_folders_program_with_its_icons_and_is_removed_again(tmp_path):
    said = run(SCRIPT, tmp_path)
    entry = entry_of(tmp_path)
    assert str(tmp_path) in said
    assert entry["Exec"] == f'"{ROOT / "run.sh"}" %f'
    assert (ROOT / "run.sh").is_file()
    icons = list((tmp_path / "icons").rglob(f"{entry['Icon']}.svg"))
    assert {icon.parts[-3] for icon in icons} == {"scalable", "16x16", "24x24"}
    kind = ElementTree.parse(tmp_path / "mime" / "packages" / "fitloop.xml").getroot()[0].get("type")
    assert kind is not None
    assert kind in entry["MimeType"].split(";")
    run(SCRIPT, tmp_path, "--remove")
    assert not list(tmp_path.rglob("fitloop.desktop"))
    assert not list((tmp_path / "icons").rglob("*.svg"))


def test_a_folder_of_any_name_is_quoted_as_desktops_read_it(tmp_path):
    odd = tmp_path / 'a b $c "d" `e` 50%'
    (odd / "scripts").mkdir(parents=True)
    shutil.copy(SCRIPT, odd / "scripts")
    shutil.copytree(ROOT / "resources" / "application", odd / "resources" / "application")
    run(odd / "scripts" / SCRIPT.name, tmp_path / "share")
    quoted = str(odd / "run.sh").replace("%", "%%")
    for sign in '"`$':
        quoted = quoted.replace(sign, "\\\\" + sign)
    assert entry_of(tmp_path / "share")["Exec"] == f'"{quoted}" %f'
