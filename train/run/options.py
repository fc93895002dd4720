"""The options of a training, and the one merge of them: command line, stored options of the run, defaults.

Records become flags by themselves: a field's type decides its reader, and those of a nested record have its name, or
the one that its field's metadata give as `flag`, before their own.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union

from core.errors import FitloopError
from train.run.method_record import ACCUMULATE, Method, Plan
from train.run.parser import CommandLine, with_default
from train.run.values import above_zero, amount, count, flag_of, from_one, named_path

Record = TypeVar("Record")
LENGTH = ("steps", "epochs", "minutes")
PAIRS = tuple[tuple[str, Path], ...]
_READERS = {int: (count, "N"), float: (amount, "X"), str: (str, "NAME"), Path: (Path, "PATH")}
WORDS = {
    "run": "folder of the run; by default runs/{name}-DATE",
    "resume": "go on with the run in --run, with the options it was started with",
    "steps": "end after so many, in however many epochs where none are given",
    "epochs": "end after so many; 0: never for that reason, as where --steps or --minutes is given",
    "minutes": "end after so many, by the clock, and so does the fall of the learning rate",
    "device": "cpu, cuda, cuda:1 …",
    "threads": "of torch; 0: as many as it likes",
    "save_minutes": "between two savings",
    "log_every": "steps between two lines of metrics.jsonl",
    "json": "print those lines to the terminal, for programs",
}


@dataclass(frozen=True)
class Given:
    """The options given on the command line: options of the loop and of the method, and of its Config."""

    options: dict[str, Any]
    config: dict[str, Any]


def parse(method: Method, arguments: list[str] | None) -> Given:
    """Read a command line."""
    parser = CommandLine(f"train.{method.name}", method.words, argument_default=argparse.SUPPRESS)
    words = {**WORDS, "run": WORDS["run"].format(name=method.name), **method.help}
    readers = {"log_every": from_one, "minutes": above_zero, **method.readers}
    for record in (method.options, method.own, method.config):
        for name, hint, default in fields_of(record):
            if name not in method.switches:
                about = _argument(hint)
                if name in readers:
                    about["type"] = readers[name]
                parser.add_argument(
                    flag_of(name), dest=name, help=with_default(words.get(name, ""), default), **about
                )
    for name, flags in method.switches.items():
        either = parser.add_mutually_exclusive_group()
        for flag, (value, text) in flags.items():
            either.add_argument(flag, action="store_const", const=value, dest=name, help=text)
    given_now = vars(parser.parse_args(arguments))
    config = {name for name, _, _ in fields_of(method.config)}
    return Given(
        {name: value for name, value in given_now.items() if name not in config},
        {name: value for name, value in given_now.items() if name in config},
    )


def merge(method: Method, given: Given, stored: dict[str, Any] | None, processes: int = 1) -> Plan:
    """The plan of a run: options given now, then stored ones, then defaults.

    stored: the config.json of a resumed run, None for a new one. A length given now is not cut short by a stored
    length or by a default. Raises FitloopError for options that exclude each other, and for a resumed run with another
    config, start or data than it was begun with.
    """
    folder = _folder(method, given, processes)
    begun = {"options": {}, "config": {}} if stored is None else stored
    if stored is not None:
        _check_stored(method, stored, folder)
        _check_as_begun(method, given, stored, folder)
    elif "resume" not in given.options:
        _check_needs(method, given)
    before, now = dict(begun["options"]), dict(given.options)
    if now.keys() & set(LENGTH):
        before |= dict.fromkeys(LENGTH)
    for name, hint, _ in fields_of(method.own):
        if hint == PAIRS and name in now:
            named = [key for key, _ in now[name]]
            now[name] = [*(pair for pair in before.get(name, ()) if pair[0] not in named), *now[name]]
    values = {**before, **now, "run": folder}
    options = with_values(method.options, values)
    if options.epochs == 0:
        options = dataclasses.replace(options, epochs=None)
    plan = Plan(
        options,
        with_values(method.own, values),
        with_values(method.config, {**begun["config"], **given.config}),
        folder,
        stored is not None,
        frozenset({*given.options, *given.config}),
    )
    method.check(plan, processes)
    return plan


def stored_plan(method: Method, stored: dict[str, Any], folder: Path) -> Plan:
    """What the run in a folder was begun with, its config.json being `stored`."""
    return merge(method, Given({"run": folder}, {}), stored)


def default_run(method: Method) -> Path:
    """NAME-20261120-161200 in runs/."""
    return Path("runs") / f"{method.name}-{time.strftime('%Y%m%d-%H%M%S')}"


def as_stored(plan: Plan) -> dict[str, dict[str, Any]]:
    """Options and Config for config.json."""
    return {"options": {**plain(plan.options), **plain(plan.own)}, "config": plain(plan.config)}


def unchanging(config: Any) -> dict[str, Any]:
    """A Config as a checkpoint holds it: what may not change when a run goes on."""
    return {name: value for name, value in plain(config).items() if name != ACCUMULATE}


def fields_of(record: Any, prefix: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Name, type (without None) and value of each field, those of nested records by their group."""
    hints = typing.get_type_hints(type(record))
    for item in dataclasses.fields(record):
        value = getattr(record, item.name)
        if dataclasses.is_dataclass(value):
            yield from fields_of(value, f"{item.metadata.get('flag', item.name)}_")
        else:
            yield prefix + item.name, _without_none(hints[item.name]), value


def with_values(record: Record, values: Mapping[str, Any], prefix: str = "") -> Record:
    """The record with some of its values, named as `fields_of` names them, changed. Paths may be text."""
    hints, changed = typing.get_type_hints(type(record)), {}
    for item in dataclasses.fields(record):  # type: ignore[arg-type]  # a TypeVar cannot be bound to dataclasses
        value, name = getattr(record, item.name), prefix + item.name
        if dataclasses.is_dataclass(value):
            changed[item.name] = with_values(value, values, f"{item.metadata.get('flag', item.name)}_")
        elif name in values:
            changed[item.name] = _of_type(_without_none(hints[item.name]), values[name])
    return dataclasses.replace(record, **changed)  # type: ignore[type-var]  # as above


def plain(record: Any) -> dict[str, Any]:
    """A record's values by the names of their flags, as JSON has them: absolute paths as text."""
    return {name: _plain(value) for name, _, value in fields_of(record)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(part) for part in value]
    return str(value.resolve()) if isinstance(value, Path) else value


def _of_type(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if hint == PAIRS:
        return tuple((name, Path(path)) for name, path in value)
    if typing.get_origin(hint) is tuple:
        of_paths = typing.get_args(hint)[0] is Path
        return tuple(map(Path, value)) if of_paths else tuple(value)
    return Path(value) if hint is Path else value


def _without_none(hint: Any) -> Any:
    if typing.get_origin(hint) in (Union, types.UnionType):
        (hint,) = (one for one in typing.get_args(hint) if one is not type(None))
    return hint


def _argument(hint: Any) -> dict[str, Any]:
    """Arguments of argparse for a field of this type."""
    if hint is bool:
        return {"action": "store_true"}
    if hint == PAIRS:
        return {"action": "append", "type": named_path, "metavar": "NAME=PATH"}
    if typing.get_origin(hint) is tuple:
        return {"nargs": "+", **_argument(typing.get_args(hint)[0])}
    if typing.get_origin(hint) is Literal:
        return {"choices": typing.get_args(hint)}
    reader, metavar = _READERS[hint]
    return {"type": reader, "metavar": metavar}


def _folder(method: Method, given: Given, processes: int) -> Path:
    if "run" in given.options:
        return Path(given.options["run"])
    if processes > 1:
        raise FitloopError("several processes need one folder for their run. Give --run FOLDER.")
    if given.options.get("resume", False):
        raise FitloopError("--resume goes on with the run of a folder. Give --run FOLDER.")
    return default_run(method)


def _check_needs(method: Method, given: Given) -> None:
    """Refuse what nobody would look at."""
    for name, source in method.needs.items():
        given_now = given.options.keys() | given.config.keys()
        if name in given_now and source not in given_now:
            raise FitloopError(
                f"{flag_of(name)}: is for {flag_of(source)}, which is not given. Leave it out."
            )


def _check_stored(method: Method, stored: dict[str, Any], folder: Path) -> None:
    """Refuse a run of another method, and one with options that this version does not have."""
    if (other := stored.get("method", method.name)) != method.name:
        raise FitloopError(f"{folder}: is a run of {other}, not of {method.name}. Go on with train.{other}.")
    options = {name for record in (method.options, method.own) for name, _, _ in fields_of(record)}
    config = {name for name, _, _ in fields_of(method.config)}
    strange = [*(stored["options"].keys() - options), *(stored["config"].keys() - config)]
    if strange:
        raise FitloopError(
            f"{folder / 'config.json'}: has {', '.join(sorted(strange))}, which this version does not know. Use the "
            "version that began the run."
        )


def _check_as_begun(method: Method, given: Given, stored: dict[str, Any], folder: Path) -> None:
    given_now = {name: value for name, value in given.options.items() if name in method.fixed}
    other = [name for name, value in given_now.items() if _plain(value) != stored["options"].get(name)]
    given_now = {name: value for name, value in given.config.items() if name != ACCUMULATE}
    other += [name for name, value in given_now.items() if _plain(value) != stored["config"].get(name)]
    if other:
        raise FitloopError(
            f"{folder}: was started with another {', '.join(map(flag_of, other))}. Resume without, or start a new run "
            f"from {folder / 'checkpoint.pt'}."
        )
