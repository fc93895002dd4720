"""The page of a data set's report: HTML with its style and pictures inside, without scripts. Every text is escaped."""

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from desktop.theme import DARK, LIGHT, Theme

STYLE = Path(__file__).parents[3] / "resources" / "report.css"
BAR_PX, HEIGHT_PX, AXIS_PX = 24, 120, 18
USED = ("window", "base", "text", "muted", "border", "accent", "accepted", "rejected", "later")


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page of parts that are HTML already. title: plain text."""
    style = STYLE.read_text(encoding="utf-8")
    style = style.replace("@light", _variables(LIGHT)).replace("@dark", _variables(DARK))
    head = (
        '<meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        f"<title>{escape(title)}</title><style>{style}</style>"
    )
    return f"<!doctype html><html><head>{head}</head><body>{''.join(parts)}</body></html>\n"


def heading(words: str, below: Sequence[str]) -> str:
    """The page's heading, and lines in a pale colour below it."""
    lines = "".join(f'<p class="pale">{escape(line)}</p>' for line in below)
    return f"<h1>{escape(words)}</h1>{lines}"


def numbers(shown: Sequence[tuple[str, str]]) -> str:
    """Large numbers, each with its words: (number, words)."""
    cards = "".join(f"<div><b>{escape(number)}</b>{escape(words)}</div>" for number, words in shown)
    return f'<div class="numbers">{cards}</div>'


def shares(title: str, parts: Sequence[tuple[str, str, int]]) -> str:
    """One bar of several parts, with a key: (class of the colour, words, number)."""
    bar = "".join(f'<div class="{name}" style="flex:{count}"></div>' for name, _, count in parts if count)
    key = "".join(
        f'<span><i class="{name}"></i>{escape(words)}: {count}</span>' for name, words, count in parts
    )
    return f'<h2>{escape(title)}</h2><div class="parts">{bar}</div><div class="key">{key}</div>'


def bars(title: str, labels: Sequence[str], heights: Sequence[int], axis: str) -> str:
    """A bar plot: a label below every second bar, its number in its tool tip. axis: the words of the axis."""
    most = max([*heights, 1])
    drawn = []
    for place, (label, count) in enumerate(zip(labels, heights, strict=True)):
        tall, left = HEIGHT_PX * count / most, place * BAR_PX
        drawn.append(
            f'<rect x="{left + 1}" y="{HEIGHT_PX - tall:.1f}" width="{BAR_PX - 2}" height="{tall:.1f}" rx="2">'
            f"<title>{escape(label)}: {count}</title></rect>"
        )
        if place % 2 == 0:
            drawn.append(f'<text x="{left}" y="{HEIGHT_PX + 14}">{escape(label)}</text>')
    width, height = BAR_PX * len(heights) + 24, HEIGHT_PX + AXIS_PX
    picture = f'<svg viewBox="0 0 {width} {height}" width="{width}" role="img">{"".join(drawn)}</svg>'
    return f'<h2>{escape(title)}</h2>{picture}<p class="pale">{escape(axis)}</p>'


def table(title: str, rows: Sequence[tuple[str, int]]) -> str:
    """Words with a number each; nothing without rows."""
    if not rows:
        return ""
    lines = "".join(
        f'<tr><td>{escape(words)}</td><td class="number">{count}</td></tr>' for words, count in rows
    )
    return f"<h2>{escape(title)}</h2><table>{lines}</table>"


def people(title: str, shown: Sequence[tuple[str, str, str]]) -> str:
    """Pictures of people: (JPEG in base64, '' for none; words; small words below). Nothing without people."""
    if not shown:
        return ""
    figures = "".join(
        "<figure>"
        + (f'<img alt="" src="data:image/jpeg;base64,{picture}">' if picture else "")
        + f"<figcaption>{escape(words)}<small>{escape(small)}</small></figcaption></figure>"
        for picture, words, small in shown
    )
    return f'<h2>{escape(title)}</h2><div class="people">{figures}</div>'


def _variables(theme: Theme) -> str:
    return " ".join(f"--{name}: {getattr(theme, name)};" for name in USED)
