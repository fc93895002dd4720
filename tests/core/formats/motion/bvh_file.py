"""A plain reader of .bvh, which poses the skeleton as Blender's importer does: offsets, channels from left to right."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

AXES = {"X": 0, "Y": 1, "Z": 2}


@dataclass
class Node:
    name: str
    parent: int
    offset: list[float] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    end: list[float] | None = None


@dataclass
class BvhFile:
    """nodes in the file's order; values (T, C); frame_time [s]."""

    nodes: list[Node]
    values: np.ndarray
    frame_time: float

    def joints(self) -> dict[str, np.ndarray]:
        """Places (T, 3) [cm] of each joint by name."""
        count, at = len(self.values), 0
        places, turns = [], []
        for node in self.nodes:
            offset, turn = np.tile(np.array(node.offset), (count, 1)), np.tile(np.eye(3), (count, 1, 1))
            for channel in node.channels:
                axis, column = AXES[channel[0]], self.values[:, at]
                at += 1
                if channel.endswith("position"):
                    offset[:, axis] = column
                else:
                    turn = turn @ about(axis, np.deg2rad(column))
            if node.parent >= 0:
                offset = places[node.parent] + np.einsum("tij,tj->ti", turns[node.parent], offset)
                turn = turns[node.parent] @ turn
            places.append(offset)
            turns.append(turn)
        return {node.name: place for node, place in zip(self.nodes, places, strict=True)}


def about(axis: int, angles: np.ndarray) -> np.ndarray:
    """Rotations (T, 3, 3) about a coordinate axis."""
    made = np.tile(np.eye(3), (len(angles), 1, 1))
    i, j = (axis + 1) % 3, (axis + 2) % 3
    made[:, i, i] = made[:, j, j] = np.cos(angles)
    made[:, j, i], made[:, i, j] = np.sin(angles), -np.sin(angles)
    return made


def read_bvh(path: Path) -> BvhFile:
    words = iter(path.read_text("ascii").split())
    nodes: list[Node] = []
    above: list[int] = []
    in_end = False
    for word in words:
        if word in ("ROOT", "JOINT"):
            nodes.append(Node(next(words), above[-1] if above else -1))
        elif word == "End":
            in_end = next(words) == "Site"
        elif word == "{":
            above.append(len(nodes) - 1)
        elif word == "}":
            above.pop()
            in_end = False
        elif word == "OFFSET":
            numbers = [float(next(words)) for _ in range(3)]
            if in_end:
                nodes[-1].end = numbers
            else:
                nodes[-1].offset = numbers
        elif word == "CHANNELS":
            nodes[-1].channels = [next(words) for _ in range(int(next(words)))]
        elif word == "MOTION":
            break
    assert next(words) == "Frames:"
    frames = int(next(words))
    assert [next(words), next(words)] == ["Frame", "Time:"]
    frame_time = float(next(words))
    return BvhFile(nodes, np.array([float(word) for word in words]).reshape(frames, -1), frame_time)
