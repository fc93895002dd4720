"""The keystroke-level model: how long a practised person takes for acts that are known one by one.

Operators and times of Card, Moran and Newell, The keystroke-level model for user performance time with interactive
systems, Communications of the ACM 23(7), 1980: K a key or a mouse button (0.28 s, an average non-secretary typist), P
pointing at a place on the screen (1.10 s), H a hand's way between keyboard and mouse (0.40 s), M making up one's mind
(1.35 s). The program's own answer takes no time here: a fit of one person is drawn within 33 ms.
"""

from collections.abc import Sequence

SECONDS = {"K": 0.28, "P": 1.10, "H": 0.40, "M": 1.35}
MOUSE, KEYS = "mouse", "keys"

# What an act is made of, and with which hand. M before each act: the curator looks, and decides.
ACTS: dict[str, tuple[tuple[str, str], ...]] = {
    "drag": ((MOUSE, "MPKPK"),),  # point at the keypoint, press, point at its place, release
    "look": ((KEYS, "MK"),),  # T
    "take": ((KEYS, "MK"),),  # a number
    "flip": ((MOUSE, "MPK"), (KEYS, "K")),  # click the limb's end, D
    "accept": ((KEYS, "MK"),),  # A
    "next": ((KEYS, "K"),),  # Space: always after a verdict, so nothing is to be decided
    "zoom": ((KEYS, "MK"),),  # Z
    "fit": ((KEYS, "MK"),),  # F
}
# What each person takes besides corrections. Before: the window of 2026-11, in which nobody was fitted when a file was
# opened, and a person out of sight stayed there.
BEFORE = (("zoom", "fit"), ("accept", "next"))
AFTER = ((), ("accept", "next"))


def seconds(acts: Sequence[str]) -> float:
    """How long these acts take, with both hands at the keyboard at first."""
    total, hand = 0.0, KEYS
    for act in acts:
        for device, operators in ACTS[act]:
            total += SECONDS["H"] * (device != hand) + sum(SECONDS[each] for each in operators)
            hand = device
    return total


def seconds_a_person(corrections: Sequence[str], around: tuple[Sequence[str], Sequence[str]]) -> float:
    """How long a person takes. around: the acts before and after the corrections."""
    first, last = around
    return seconds([*first, *corrections, *last])
