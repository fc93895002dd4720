"""Made-up files of AGORA: frames as pandas 1.0 pickles them (pandas is not needed), and predictions of their people."""

import pickle
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

WIDTH, HEIGHT = 3840, 2160
VERTICES = 60
OBJECTS = np.dtype("O")


@contextmanager
def pandas_of_1_0() -> Iterator[dict[str, Any]]:
    """Modules with the names of pandas' classes, whose objects pickle as pandas 1.0's do."""

    def new_index(cls: type, parts: dict) -> None:
        raise AssertionError("only its name is pickled")

    def reduced(index: Any) -> tuple:
        return new_index, (type(index), vars(index))

    classes = {
        "pandas.core.frame": type("DataFrame", (), {}),
        "pandas.core.internals.managers": type(
            "BlockManager", (), {"__getstate__": lambda manager: manager.state}
        ),
        "pandas.core.indexes.base": type("Index", (), {"__reduce__": reduced}),
        "pandas.core.indexes.range": type("RangeIndex", (), {"__reduce__": reduced}),
    }
    new_index.__name__ = new_index.__qualname__ = "_new_Index"
    new_index.__module__ = "pandas.core.indexes.base"
    parents = {name.rpartition(".")[0] for name in classes}
    names = {"pandas", "pandas.core", *parents, *classes}
    before = {name: sys.modules.get(name) for name in names}
    for name in names:
        sys.modules[name] = ModuleType(name)
    for module, cls in classes.items():
        cls.__module__ = module
        setattr(sys.modules[module], cls.__name__, cls)
    sys.modules["pandas.core.indexes.base"]._new_Index = new_index
    try:
        yield {cls.__name__: cls for cls in classes.values()}
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module


def made(cls: type, **attributes: Any) -> Any:
    """An object of these attributes."""
    value = cls()
    vars(value).update(attributes)
    return value


def write_frame(path: Path, columns: dict[str, list], protocol: int = 4) -> Path:
    """A frame of these columns: those of numbers in a block of floats, all others in one of objects."""
    rows = len(next(iter(columns.values())))
    floats = [name for name, cells in columns.items() if isinstance(cells[0], float)]
    objects = [name for name in columns if name not in floats]
    names = list(columns)
    with pandas_of_1_0() as pandas:
        axes = [
            made(pandas["Index"], data=np.array(names, OBJECTS), name=None),
            made(pandas["RangeIndex"], name=None, start=0, stop=rows, step=1),
        ]
        cells = np.empty((len(objects), rows), OBJECTS)
        for place, name in enumerate(objects):
            cells[place] = np.fromiter(columns[name], OBJECTS, rows)
        blocks = [{"values": cells, "mgr_locs": np.array([names.index(name) for name in objects])}]
        if floats:
            first = names.index(floats[0])
            values = np.array([columns[name] for name in floats], float)
            blocks.append({"values": values, "mgr_locs": slice(first, first + len(floats), 1)})
        items = [block["values"] for block in blocks]
        state = (axes, items, axes[:1], {"0.14.1": {"axes": axes, "blocks": blocks}})
        frame = made(pandas["DataFrame"], _data=made(pandas["BlockManager"], state=state), _typ="dataframe")
        path.write_bytes(pickle.dumps(frame, protocol))
    return path


def person_points(random: np.random.Generator) -> dict[str, np.ndarray]:
    """One made-up person: joints (45, 2) [px], joints_3d (45, 3), vertices (60, 3) [m]."""
    center, size = random.uniform((0, 0), (WIDTH, HEIGHT)), random.uniform(60, 500)
    return {
        "joints": center + random.normal(0, size, (45, 2)),
        "joints_3d": random.normal((0, 0, 5), 0.4, (45, 3)).astype(np.float32),
        "vertices": random.normal((0, 0, 5), 0.4, (VERTICES, 3)).astype(np.float32),
    }


def truth_of(seed: int, photos: int = 24, people: int = 200) -> dict[str, list]:
    """A frame's columns: people of some occlusion, some invalid, some children, some beyond 90 percent."""
    random = np.random.default_rng(seed)
    places = np.sort(random.integers(0, photos, people))
    rows = [[person_points(random) for _ in range((places == photo).sum())] for photo in range(photos)]

    def each(value: Any) -> list:
        return [[value() for _ in row] for row in rows]

    return {
        "imgPath": [f"ag_trainset_scene_5_10_{photo:05d}.png" for photo in range(photos)],
        "camX": random.uniform(-500, 500, photos).tolist(),
        "camYaw": random.uniform(-180, 180, photos).tolist(),
        "isValid": each(lambda: bool(random.random() > 0.15)),
        "kid": each(lambda: bool(random.random() < 0.2)),
        "occlusion": each(lambda: float(random.choice([0, 10, 33.3, 70, 80, 88, 90, 95, -1, 100]))),
        "Yaw": each(lambda: float(random.uniform(-360, 360))),
        "gt_joints_2d": [[person["joints"] for person in row] for row in rows],
        "gt_joints_3d": [[person["joints_3d"] for person in row] for row in rows],
        "gt_verts": [[person["vertices"] for person in row] for row in rows],
    }


def predictions_of(truth: dict[str, list], seed: int) -> dict[str, dict[str, Any]]:
    """Predictions by file name: most people once, some twice, some not, and some where nobody is; of one photo none."""
    random = np.random.default_rng(seed)
    files = {}
    for row, name in enumerate(truth["imgPath"][1:], start=1):
        found = []
        for person, joints in enumerate(truth["gt_joints_2d"][row]):
            for _ in range(random.choice([0, 1, 2], p=[0.15, 0.75, 0.1])):
                noisy = joints[: random.choice([24, 45])]
                found.append(
                    {
                        "joints": (noisy + random.normal(0, 20, noisy.shape))[None],
                        "allSmplJoints3d": truth["gt_joints_3d"][row][person][None, :24]
                        + random.normal(0, 0.1, (1, 24, 3)).astype(np.float32),
                        "verts": truth["gt_verts"][row][person]
                        + random.normal(0, 0.1, (VERTICES, 3)).astype(np.float32),
                    }
                )
        for _ in range(random.integers(0, 2)):
            nobody = person_points(random)
            found.append(
                {
                    "joints": nobody["joints"][:24],
                    "allSmplJoints3d": nobody["joints_3d"],
                    "verts": nobody["vertices"],
                }
            )
        stem = name.removesuffix(".png")
        files |= {f"{stem}_personId_{number}.pkl": one for number, one in enumerate(found)}
    return files


def write_predictions(folder: Path, files: dict[str, dict[str, Any]]) -> Path:
    """A folder of pickles."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(pickle.dumps(data))
    return folder
