"""A small wardrobe made on the spot: a suit of the tights of MakeHuman's base mesh, and a skin."""

from pathlib import Path

import cv2
import numpy as np

from train.synthesis.wardrobe.base_mesh import BaseMesh

GREEN, RED = (0, 255, 0), (0, 0, 255)  # BGR: skin and cloth


def write_suit(folder: Path, base: BaseMesh, out: float = 0.0, texture: bool = True) -> Path:
    """A garment of the tights' triangles, each vertex on its own; out: offset to the front in MakeHuman's units."""
    folder.mkdir(parents=True, exist_ok=True)
    faces = base.garments["tights"]
    used, corners = np.unique(faces, return_inverse=True)
    corners = corners.reshape(-1, 3) + 1
    lines = ["basemesh hm08", "name suit", "obj_file suit.obj", "x_scale 5399 11998 1.3980", "z_scale 962 5320 1.8461",
             "y_scale 791 881 2.2048", "verts 0"]  # fmt: skip
    lines += [f"{v} {v} {v} 0.5 0.25 0.25 0 0 {out}" if out else str(v) for v in used]
    (folder / "suit.mhclo").write_text("\n".join([*lines, "", "delete_verts", "0 - 3 7"]) + "\n")
    mesh = [f"v {x} {y} {z}" for x, y, z in base.template[used]]
    mesh += ["vt 0 0", "vt 1 0", "vt 1 1"]
    mesh += [f"f {a}/1 {b}/2 {c}/3" for a, b, c in corners]
    (folder / "suit.obj").write_text("\n".join(mesh) + "\n")
    if texture:
        cv2.imwrite(str(folder / "diffuse.png"), np.full((8, 8, 3), RED, np.uint8))
    return folder / "suit.mhclo"


def write_wardrobe(folder: Path, base: BaseMesh) -> Path:
    write_suit(folder / "clothes" / "suit", base)
    (folder / "skins").mkdir(parents=True)
    cv2.imwrite(str(folder / "skins" / "green.png"), np.full((8, 8, 3), GREEN, np.uint8))
    return folder
