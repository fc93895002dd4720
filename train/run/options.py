"""What a training command can be told. A method's Config becomes flags by itself, nested ones by their group."""

from __future__ import annotations

import argparse
import dataclasses
import math
import time
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from core.errors import FitloopError
from train.run.option_help import WORDS
from train.run.parser import CommandLine, with_default

C = TypeVar("C")
Named = Sequence[tuple[str, Path]]
_GROUPS = {"losses": "loss", "augment": "augment"}
_MODES = {"fits_only": "static", "no_fits": "none"}


@dataclass(frozen=True)
class Options:
    """Where data come from, where a run goes, and how long. Unlike a Config's, these may change when a run goes on,
    but for the sources of data and the start; photos may have been moved."""

    run: Path | None = None
    resume: bool = False
    fits: Path | None = None
    photos: Path | None = None
    data: tuple[tuple[str, Path], ...] = ()
    data_photos: tuple[tuple[str, Path], ...] = ()
    without_truth: bool = False
    body: Path | None = None
    guess: Path | None = None
    backbone_weights: Path | None = None
    mean_params: Path | None = None
    steps: int | None = None
    epochs: int | None = 50
    device: str = "cpu"
    workers: int = 2
    threads: int = 0
    save_minutes: float = 5.0
    log_every: int = 10
    picture_every: int = 500
    json: bool = False


SOURCES = ("fits", "data", "without_truth", "body")
LARGEST = 2**31
FOR = {"photos": "fits", "without_truth": "data", "loss_openpose": "data", "loss_annotated": "data"}
LENGTH = ("steps", "epochs")
STARTS = ("guess", "backbone_weights", "mean_params")


@dataclass(frozen=True)
class Given:
    """What the command line said, and nothing else."""

    options: dict[str, Any]
    config: dict[str, Any]


def parse(program: str, description: str, arguments: list[str] | None, defaults: object) -> Given:
    """Read a command line. defaults: the method's Config."""
    parser = CommandLine(program, description, argument_default=argparse.SUPPRESS)
    for name, value in vars(Options()).items():
        parser.add_argument(_flag(name), help=with_default(WORDS[name], value), **_option(name))
    modes = parser.add_mutually_exclusive_group()
    modes.add_argument(
        "--fits-only", action="store_const", const="static", dest="mode", help="keep the fits as they are"
    )
    modes.add_argument(
        "--no-fits", action="store_const", const="none", dest="mode", help="learn from keypoints alone"
    )
    for name, value in flat(defaults).items():
        if name != "mode":
            choices = _choices(type(defaults), name)
            parser.add_argument(
                _flag(name), type=_config_type(value), choices=choices, metavar=None if choices else _metavar(value),
                dest=name, help=with_default(WORDS[name], value),
            )  # fmt: skip
    said = vars(parser.parse_args(arguments))
    _check_together(parser, said)
    names = {option.name for option in dataclasses.fields(Options)}
    return Given(
        {name: value for name, value in said.items() if name in names},
        {name: value for name, value in said.items() if name not in names},
    )


def _check_together(parser: argparse.ArgumentParser, said: dict[str, Any]) -> None:
    """End with an error where nobody would look at something that was said."""
    others = [_flag(name) for name in STARTS if name in said and name != "guess"]
    if "guess" in said and others:
        parser.error(f"--guess starts all of the network: leave out {', '.join(others)}")
    for name, source in FOR.items():
        if name in said and source not in said and "resume" not in said:
            parser.error(f"{_flag(name)}: is for {_flag(source)}, which is not given. Leave it out.")


def options_of(said: dict[str, Any]) -> Options:
    """Options as they were said, the others as by default. Raises FitloopError where they do not go together."""
    for name in ("data", "data_photos"):
        if name in said:
            said = {**said, name: tuple((key, Path(path)) for key, path in said[name])}
    for name in ("run", "fits", "photos", "body", "guess", "backbone_weights", "mean_params"):
        if said.get(name) is not None:
            said = {**said, name: Path(said[name])}
    options = Options(**said)
    if options.fits is None and not options.data:
        raise FitloopError("nothing to train on. Give --fits curated.npz, or --data NAME=FILE.")
    by_name("--data", options.data)
    folders_of("--data-photos", options.data_photos, options.data)
    if options.epochs == 0:
        options = dataclasses.replace(options, epochs=None)
    return options


def by_name(flag: str, given: Named) -> dict[str, Path]:
    """Paths by their names. Raises FitloopError for a name that is given twice."""
    paths = dict(given)
    if len(paths) < len(given):
        names = [name for name, _ in given]
        twice = next(name for name in names if names.count(name) > 1)
        raise FitloopError(f"{flag} {twice}: is given twice. Give it once.")
    return paths


def folders_of(flag: str, given: Named, data: Named) -> dict[str, Path]:
    """Folders by the names of data sets. Raises FitloopError for one of no data set, or a second of one."""
    names = list(dict.fromkeys(name for name, _ in data))
    for name, _ in given:
        if name not in names:
            raise FitloopError(f"{flag} {name}: no --data has this name. Named are: {', '.join(names)}.")
    return by_name(flag, given)


def check_stored(stored: dict[str, Any], defaults: object, where: Path) -> None:
    """Raises FitloopError for a run's `options` and `config` with names that this version does not have. where: its
    folder, for the words."""
    known = {option.name for option in dataclasses.fields(Options)}
    strange = [*(stored["options"].keys() - known), *(stored["config"].keys() - flat(defaults).keys())]
    if strange:
        raise FitloopError(
            f"{where / 'config.json'}: has {', '.join(sorted(strange))}, which this version does not know. Use the "
            "version that began the run."
        )


def with_changes(config: C, flat_changes: dict[str, Any]) -> C:
    """A Config with some of its values, named as `flat` names them, changed."""
    values = {}
    for item in dataclasses.fields(config):  # type: ignore[arg-type]
        value = getattr(config, item.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            prefix = _GROUPS[item.name] + "_"
            inner = {k.removeprefix(prefix): v for k, v in flat_changes.items() if k.startswith(prefix)}
            values[item.name] = dataclasses.replace(value, **inner)
        elif item.name in flat_changes:
            values[item.name] = flat_changes[item.name]
    return dataclasses.replace(config, **values)  # type: ignore[type-var]


def flat(config: object) -> dict[str, Any]:
    """A Config's values by the names of their flags."""
    values: dict[str, Any] = {}
    for item in dataclasses.fields(config):  # type: ignore[arg-type]
        value = getattr(config, item.name)
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            values |= {
                f"{_GROUPS[item.name]}_{name}": inner for name, inner in dataclasses.asdict(value).items()
            }
        else:
            values[item.name] = value
    return values


def plain(options: Options) -> dict[str, Any]:
    """Options for config.json: absolute paths as text."""
    values: dict[str, Any] = {}
    for name, value in dataclasses.asdict(options).items():
        if isinstance(value, tuple):
            values[name] = [[key, str(Path(path).resolve())] for key, path in value]
        else:
            values[name] = str(value.resolve()) if isinstance(value, Path) else value
    return values


def default_run(program: str) -> Path:
    """runs/spin-20261120-161200."""
    return Path("runs") / f"{program.rsplit('.', 1)[-1]}-{time.strftime('%Y%m%d-%H%M%S')}"


def _option(name: str) -> dict[str, Any]:
    default = getattr(Options(), name)
    if isinstance(default, bool):
        return {"action": "store_true"}
    if name in ("data", "data_photos"):
        return {"action": "append", "type": named_path, "metavar": "NAME=PATH"}
    if name == "log_every":
        return {"type": from_one, "metavar": "N"}
    if name == "steps" or isinstance(default, int):
        return {"type": count, "metavar": "N"}
    if isinstance(default, float):
        return {"type": _amount, "metavar": "X"}
    return {"type": str if name == "device" else Path, "metavar": "NAME" if name == "device" else "PATH"}


def named_path(text: str) -> tuple[str, Path]:
    """NAME=PATH, for argparse."""
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise argparse.ArgumentTypeError(f"{text!r}: give NAME=PATH, as in h36m=data/h36m_train.npz")
    return name, Path(path)


def count(text: str) -> int:
    """A whole number from 0 on that torch takes as a seed, for argparse."""
    if not text.isdigit() or int(text) > LARGEST:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 0 to {LARGEST}")
    return int(text)


def from_one(text: str) -> int:
    """A whole number from 1 on, for argparse."""
    if not count(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def above_zero(text: str) -> float:
    """A number above 0, for argparse."""
    if not _amount(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0")
    return float(text)


def _config_type(value: object) -> Callable[[str], object]:
    """What reads a Config's flag: none of its numbers may be negative."""
    if isinstance(value, int):
        return count
    return _amount if isinstance(value, float) else type(value)


def _metavar(value: object) -> str:
    return {int: "N", float: "X"}.get(type(value), "NAME")


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 0 on")
    return value


def _choices(config: type, name: str) -> tuple[str, ...] | None:
    hint = typing.get_type_hints(config).get(name)
    return typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else None


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")
