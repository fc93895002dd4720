"""Garments of MakeHuman's community: they follow the body, no skin shows through, and bad files are told in words."""

import os
import shutil
from contextlib import closing
from dataclasses import replace

import cv2
import numpy as np
import pytest

from core.body.model import load_body
from tests.train.synthesis.wardrobe.making_garments import write_suit, write_wardrobe
from train import synthetic
from train.rendering.people_renderer import UNDYED, DressedMesh, PeopleRenderer
from train.synthesis.appearance import landmarks
from train.synthesis.figure import Figure
from train.synthesis.photo import Studio, StudioConfig
from train.synthesis.scene import Figurant
from train.synthesis.wardrobe.base_mesh import VERTICES, base_mesh
from train.synthesis.wardrobe.garment import load_garment
from train.synthesis.wardrobe.garment_files import GarmentFault
from train.synthesis.wardrobe.outfit import Layer, Wardrobe, worn

SIDE, FOCAL = 320, 400.0
_FULL = np.diag([0, 0, 0, 1]).astype(np.float32)
EVEN = {
    "u_red": _FULL, "u_green": _FULL, "u_blue": _FULL, "u_exposure": 6.0,
    "u_light": (0.0, 0.0, -1.0), "u_light_color": (0.0, 0.0, 0.0),
}  # fmt: skip


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def body():
    return load_body()


@pytest.fixture(scope="module")
def figure(body):
    return Figure.from_body(body)


@pytest.fixture(scope="module")
def base(body):
    return base_mesh(body)


def loaded(path, base, figure, body):
    return load_garment(path, base, figure, body.fingerprint)


def test_the_base_mesh_is_the_open_body_and_its_helpers(base, body):
    assert base.template.shape == (VERTICES, 3)
    np.testing.assert_array_equal(base.template[base.members], body.v_template.numpy())
    np.testing.assert_allclose(base.weights.sum(axis=1), 1, atol=1e-4)
    assert 1.5 < np.ptp(base.template[:, 1]) < 1.9  # no helper far from the body
    assert base.uv_faces.shape == body.faces.shape


def test_a_garment_takes_the_pose_and_shape_of_what_it_hangs_on(tmp_path, base, figure, body):
    suit = loaded(write_suit(tmp_path, base), base, figure, body)
    used = np.unique(base.garments["tights"])
    hung = replace(
        figure, template=base.template[used], normals=base.template[used], weights=base.weights[used],
        shapedirs=base.directions[used].reshape(-1, 11),
    )  # fmt: skip
    rng = np.random.default_rng(0)
    pose, betas = (rng.normal(0, s, n).astype(np.float32) for s, n in ((0.3, 72), (1, 10)))
    expected = hung.posed(pose, betas, 0.4)[0]
    found = suit.figure.posed(pose, betas, 0.4)[0]
    gap = np.linalg.norm(found[:, None, ::4] - expected[None, :, ::4], axis=-1).min(axis=1)
    assert gap.max() < 1e-4
    assert suit.hidden.tolist() == np.flatnonzero(np.isin(base.members, [0, 1, 2, 3, 7])).tolist()


def test_an_offset_grows_with_the_body(tmp_path, base, figure, body):
    flat = loaded(write_suit(tmp_path / "flat", base), base, figure, body)
    off = loaded(write_suit(tmp_path / "off", base, out=0.2), base, figure, body)
    none = np.zeros(72, np.float32)

    def gap(betas, kid):
        pair = [one.figure.posed(none, betas, kid)[0] for one in (off, flat)]
        return float(np.linalg.norm(pair[0] - pair[1], axis=1).mean())

    grown = gap(np.zeros(10, np.float32), 0.0)
    assert 0.015 < grown < 0.025  # two centimetres
    assert gap(np.zeros(10, np.float32), 1.0) < 0.9 * grown


def test_a_fitted_garment_is_taken_from_the_cache_and_a_damaged_cache_is_made_anew(
    tmp_path, base, figure, body
):
    path = write_suit(tmp_path / "suit", base)
    first = loaded(path, base, figure, body)
    (cached,) = (tmp_path / "cache").rglob("*.npz")
    np.testing.assert_array_equal(loaded(path, base, figure, body).figure.template, first.figure.template)
    cached.write_bytes(b"damaged")
    np.testing.assert_array_equal(loaded(path, base, figure, body).figure.template, first.figure.template)


def change(path, old, new):
    path.write_text(path.read_text().replace(old, new, 1))


def other_base(path):
    change(path, "hm08", "gorilla")


def short_line(path):
    change(path, "verts 0\n", "verts 0\n1 2\n")


def far_vertex(path):
    change(path, "verts 0\n", "verts 0\n19158\n")


def far_hidden(path):
    change(path, "0 - 3 7", "0 - 999999999")


def no_mesh(path):
    path.with_suffix(".obj").unlink()


def mesh_outside(path):
    path.with_suffix(".obj").rename(path.parent / "outside.obj")
    inner = path.parent / "inner"
    inner.mkdir()
    path.rename(inner / path.name)
    (path.parent / "diffuse.png").rename(inner / "diffuse.png")
    change(inner / path.name, "obj_file suit.obj", "obj_file ../outside.obj")
    return inner / path.name


def half_mesh(path):
    change(path.with_suffix(".obj"), "v ", "v 0 0 0\nv ")


def wild_face(path):
    change(path.with_suffix(".obj"), "f ", "f 99999/1 1/1 2/2\nf ")


def no_texture(path):
    (path.parent / "diffuse.png").unlink()


def piped_texture(path):
    (path.parent / "diffuse.png").unlink()
    os.mkfifo(path.parent / "diffuse.png")


def broken_texture(path):
    (path.parent / "diffuse.png").write_bytes(b"no picture")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (other_base, "base mesh gorilla"), (short_line, "a line of 2 numbers"), (far_vertex, "vertex 19158 is none"),
        (far_hidden, "no whole .mhclo"), (no_mesh, r"suit\.obj: cannot be read"),
        (half_mesh, "vertices, but suit.obj has"), (wild_face, "faces name vertices"),
        (no_texture, "has no texture"), (broken_texture, "is no picture"),
        (piped_texture, "a pipe, not a file"), (mesh_outside, r"inner/outside\.obj: cannot be read"),
    ],
)  # fmt: skip
def test_a_garment_that_cannot_be_worn_is_told_in_words(tmp_path, base, figure, body, damage, words):
    path = write_suit(tmp_path, base)
    path = damage(path) or path
    with pytest.raises(GarmentFault, match=words):
        loaded(path, base, figure, body)


@pytest.mark.parametrize(("name", "words"), [("empty", "no clothes (.mhclo)"), ("nowhere", "is no folder")])
def test_an_empty_wardrobe_is_refused_before_anything_is_written(name, words, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    out = tmp_path / "out"
    options = ["--out", str(out), "--count", "1", "--wardrobe", str(tmp_path / name)]
    assert synthetic.main(options) == 1
    assert words in capsys.readouterr().err
    assert not out.exists()


def test_a_photo_in_a_wardrobe_names_the_garments_and_is_the_same_for_a_seed(tmp_path, base, body):
    folder = write_wardrobe(tmp_path / "wardrobe", base)
    config = StudioConfig(size=64, people=(2, 2), seed=5, wardrobe=folder, occluders=1.0)
    made = []
    for order in ((0, 1), (1, 0)):
        with closing(Studio(config, body)) as studio:
            made.append({index: studio.photo(index) for index in order})
    for index in (0, 1):
        np.testing.assert_array_equal(made[0][index].image, made[1][index].image)
        assert set(made[0][index].truth.garments) == {"suit"}


def drawn(layers, figure, marks) -> tuple[np.ndarray, np.ndarray]:
    """The layers in T-pose from the front: colours and mask."""
    turn = np.float32([np.pi, 0, 0])
    pose = np.concatenate([turn, np.zeros(69, np.float32)])
    none = np.zeros((0, 3), np.float32)
    person = Figurant(pose, np.zeros(10, np.float32), 0.0, np.float32([0, 0.2, 3]), none, none, none)
    meshes = worn(layers, person)
    renderer = PeopleRenderer(SIDE, SIDE, figure.template, figure.faces, marks)
    with closing(renderer):
        picture = renderer.render(
            [DressedMesh(meshes[0].vertices, meshes[0].normals, {}, meshes)],
            FOCAL,
            (SIDE / 2, SIDE / 2),
            EVEN,
        )
    return picture.color, picture.number > 0


@pytest.mark.slow
@pytest.mark.parametrize("cell", [0.0, 0.015])
def test_no_skin_shows_inside_the_silhouette_of_real_clothes(shared_data, tmp_path, figure, body, cell):
    """In the silhouette of a suit, its openings filled, less than a hundredth is skin."""
    for name in (
        "clothes/male_casualsuit04",
        "clothes/female_elegantsuit01",
        "clothes/male_worksuit01",
        "skins",
    ):
        shutil.copytree(shared_data / "wardrobe" / name, tmp_path / "some" / name)
    wardrobe, marks = Wardrobe(tmp_path / "some", body, cell), landmarks(body)
    green, red = np.uint8([[[0, 255, 0, 255]]]), np.uint8([[[255, 0, 0, 255]]])
    for garment in wardrobe._of["clothes"]:
        skin, uv = wardrobe._seen_between((garment,))
        opaque = np.where(garment.texture[..., 3:] > 127, red, np.uint8([0, 0, 0, 0]))
        layers = (
            Layer(skin, uv, green, False, UNDYED, ""),
            Layer(garment.figure, garment.uv, opaque, True, UNDYED, garment.name),
        )
        color, _ = drawn(layers, figure, marks)
        cloth = (color[..., 0] > 128).astype(np.uint8)
        closed = cv2.morphologyEx(cloth, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
        through = (closed > 0) & (color[..., 1] > 128)
        assert cloth.sum() > 3000
        assert through.sum() < 0.01 * cloth.sum(), garment.name
