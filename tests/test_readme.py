"""README and docs are true: short, every link leads somewhere, every command they name starts as written."""

import re
import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MOST_WORDS = 1500
LINK = re.compile(r"\]\(([^)#]+)[^)]*\)")
COMMAND = re.compile(
    r"(?:python|--) (?:-m )?((?:train|tests\.[a-z_.]+|desktop)\.[a-z_0-9]+|main\.py)\b([^`#\n]*)"
)
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]+")


def commands(text: str) -> list[tuple[str, frozenset[str]]]:
    """Module and options of each `python -m …` in a page; a command broken over two lines is one."""
    joined = re.sub(r"`([^`]*)\n\s*([^`]*)`", r"`\1 \2`", re.sub(r"\\\n\s*", "", text))
    return [(module, frozenset(FLAG.findall(rest))) for module, rest in COMMAND.findall(joined)]


def named_in_the_pages() -> dict[str, set[str]]:
    """Each command that a page names, with all options that are used with it."""
    found: dict[str, set[str]] = {}
    for page in PAGES:
        for module, flags in commands(page.read_text(encoding="utf-8")):
            found.setdefault(module, set()).update(flags)
    return found


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("`python -m train.fits a.json --out b.npz`", ("train.fits", {"--out"})),
        ("`python -m train.sheet fits\n--photos F --out o.jpg`", ("train.sheet", {"--photos", "--out"})),
        ("torchrun --nproc-per-node 2 -m -- train.spin --run R  # comment --no", ("train.spin", {"--run"})),
        ("python main.py a.fitloop --language de", ("main.py", {"--language"})),
    ],
)
def test_commands_are_found_as_pages_write_them(text, command):
    assert commands(text) == [command]


def test_the_readme_is_short():
    assert len(PAGES[0].read_text(encoding="utf-8").split()) <= MOST_WORDS


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page):
    links = [link for link in LINK.findall(page.read_text(encoding="utf-8")) if "://" not in link]
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.filterwarnings("ignore:.*found in sys.modules:RuntimeWarning")
@pytest.mark.parametrize("module", sorted(named_in_the_pages()))
def test_a_command_of_the_pages_helps_with_the_options_named_there(module, capsys, monkeypatch):
    monkeypatch.setattr(sys, "argv", [module, "--help"])
    with pytest.raises(SystemExit) as end:
        runpy.run_module(module.removesuffix(".py"), run_name="__main__", alter_sys=True)
    assert not end.value.code
    assert named_in_the_pages()[module] <= set(FLAG.findall(capsys.readouterr().out))


def test_the_script_of_the_readme_fits_a_body():
    """The Python of the README runs as it stands, after a line that makes the keypoints it speaks of."""
    text = PAGES[0].read_text(encoding="utf-8")
    code = "\n".join(re.findall(r"```python\n(.*?)```", text, re.S))
    made = (
        "import torch\n"
        "keypoints = torch.ones(1, 17, 3)\n"
        "keypoints[..., :2] = torch.rand(1, 17, 2) * 100 + 100\n"
        "focal_length, camera_center = torch.tensor([500.0]), torch.tensor([[150.0, 150.0]])\n"
    )
    scope: dict[str, object] = {"print": lambda *words: None}
    exec(compile(made + code, "README.md", "exec"), scope)
    assert scope["params"].body_pose.shape == (1, 69)
