"""Random clothes and light, as uniforms of train/rendering/people_renderer.py."""

from __future__ import annotations

import colorsys

import numpy as np

from core.body.model import Body
from core.body.tree import joint_index
from train.rendering.people_renderer import Uniforms

Color = tuple[float, ...]

SKIN = ("#f3d3bd", "#e8b898", "#d9a07a", "#c68863", "#a86e4b", "#8a5638", "#6b402a", "#4a2c1e", "#efc3a4")
HAIR = ("#17120f", "#2b1d15", "#4a2f1d", "#6f4a2a", "#a5783f", "#d0b070", "#8c8c8c", "#7a2f16", "#d9d4cc")
SHOES = ("#1c1c1e", "#3b2a1e", "#e8e6e1", "#7c2222", "#23364f", "#8a8578")
BOTTOMS = ("#23304a", "#3a4f6e", "#6d83a1", "#1c1d20", "#4b4a45", "#8a7a5c", "#2e3a2c", "#6b6f78")
PLAIN_BOTTOM = 0.75  # share of people in trousers or shorts of these colours
EYES = (0.12, 0.10, 0.09)
SLEEVES, HEMS = (0.0, 0.38, 0.5, 0.97), (0.3, 0.5, 0.72, 0.98)  # lengths as shares of arm and leg
SLEEVE_SHARES, HEM_SHARES = (0.1, 0.35, 0.15, 0.4), (0.15, 0.15, 0.1, 0.6)
LOOSEST = 0.016, 0.02, 0.008, 0.03  # [m] that top, bottom, shoes and hair stand off the skin
PRINTED, DENIM, BEARDED = 0.2, 0.4, 0.2
ONE_PIECE, BARE_CHEST, BAREFOOT, PATTERNED = 0.1, 0.04, 0.08, 0.35  # shares of people


def landmarks(body: Body) -> Uniforms:
    """Positions [m] of shoulders, wrists, hips, ankles, neck and eyes of the body at rest, as uniforms."""
    joints = (body.J_regressor @ body.v_template).numpy()
    from_vertices, from_joints = body.keypoint_weights("coco17")
    eye = (from_vertices[1] @ body.v_template + from_joints[1] @ (body.J_regressor @ body.v_template)).numpy()

    def at(name: str, axis: int) -> float:
        return float(joints[joint_index(name), axis])

    return {
        "u_arm": (at("left_shoulder", 0), at("left_wrist", 0)),
        "u_leg": (at("left_hip", 1), at("left_ankle", 1)),
        "u_neck": at("neck", 1),
        "u_eye": tuple(float(value) for value in np.abs(eye[:1]).tolist() + eye[1:].tolist()),
    }


def draw_look(neck: float, rng: np.random.Generator) -> Uniforms:
    """Random skin, hair and clothes of one person. neck: height of the neck joint at rest [m]."""
    skin = _near(SKIN[rng.integers(len(SKIN))], 0.015, rng)
    plain = rng.random() < PLAIN_BOTTOM
    top, bottom = _cloth(rng), _near(BOTTOMS[rng.integers(len(BOTTOMS))], 0.03, rng) if plain else _cloth(rng)
    bottom = top if rng.random() < ONE_PIECE else bottom
    top = skin if rng.random() < BARE_CHEST else top
    barefoot = rng.random() < BAREFOOT
    return {
        "u_skin": skin,
        "u_hair": _near(HAIR[rng.integers(len(HAIR))], 0.03, rng),
        "u_eyes": EYES,
        "u_top": top,
        "u_top_accent": top if top == skin else _cloth(rng),
        "u_bottom": bottom,
        "u_bottom_accent": _cloth(rng),
        "u_shoes": skin if barefoot else _near(SHOES[rng.integers(len(SHOES))], 0.05, rng),
        "u_sleeve": float(rng.choice(SLEEVES, p=SLEEVE_SHARES) + rng.uniform(-0.03, 0.03)),
        "u_hem": float(rng.choice(HEMS, p=HEM_SHARES) + rng.uniform(-0.04, 0.01)),
        "u_waist": float(rng.uniform(-0.04, 0.1)),
        "u_collar": neck - float(rng.uniform(-0.02, 0.12)),
        "u_shaft": float(rng.choice([-0.01, 0.03, 0.15], p=[0.6, 0.3, 0.1])),
        "u_hairline": float(rng.uniform(0.0, 0.045)) if rng.random() > 0.06 else 1.0,
        "u_hair_tilt": float(rng.uniform(0.5, 0.95)),
        "u_top_pattern": _pattern(PATTERNED, rng),
        "u_bottom_pattern": _pattern(0.0 if plain else PATTERNED, rng),
        "u_loose": (
            0.0 if top == skin else float(rng.uniform(0.002, LOOSEST[0])),
            float(rng.uniform(0.002, LOOSEST[1])),
            0.0 if barefoot else LOOSEST[2],
            float(rng.uniform(0.006, LOOSEST[3])),
        ),
        "u_details": tuple(float(rng.random() < share) for share in (PRINTED, DENIM, BEARDED)),
    }


def _cloth(rng: np.random.Generator) -> Color:
    """A random colour of clothes, more often dull and dark than bright."""
    saturation, value = rng.beta(1.2, 3.0), rng.uniform(0.1, 0.95)
    return colorsys.hsv_to_rgb(rng.random(), float(saturation), float(value))


def _pattern(share: float, rng: np.random.Generator) -> tuple[float, float, float]:
    """Random stripes for a share of cloths: across and along the body, 0 or 1 each (both: checks), period [m]."""
    across, along = 0.0, 0.0
    if rng.random() < share:
        across, along = ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))[rng.integers(3)]
    return across, along, float(rng.uniform(0.03, 0.13))


def _near(color: str, spread: float, rng: np.random.Generator) -> Color:
    values = np.array([int(color[start : start + 2], 16) for start in (1, 3, 5)]) / 255
    return tuple((values + rng.normal(0, spread, 3)).clip(0.02, 1).tolist())
