"""Checkpoints: weights with the config, step and loop state that they belong to. Read as data, written as a whole.

Three kinds of file are read: our own, other programs' `torch.save` of weights (bare, or under 'model', 'state_dict')
and safetensors. Code in a file is never run: torch reads with `weights_only=True`, and what needs more is refused.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor, nn

from core.errors import CheckpointError
from core.files.pickles.claims import Overclaim, check_claims
from core.files.regular import NotOrdinary, open_regular
from core.files.whole_file import whole_file

VERSION = 1
MAX_FILE_BYTES = 2 * 2**30  # SPIN's own with its optimiser has 0.3
_MARK = "fitloop_checkpoint"  # its value is the version
_WEIGHTS_UNDER = ("model", "state_dict", "model_state_dict")
_STEP_UNDER = ("step", "total_step_count", "global_step")
_SHOWN = 6  # names listed of each fault
# Every error that torch's reader raises for damaged pickles and archives.
_READ_ERRORS = (
    RuntimeError, ValueError, TypeError, LookupError, AttributeError, AssertionError, EOFError,
    OverflowError, MemoryError, RecursionError, ImportError, pickle.UnpicklingError, struct.error, zipfile.BadZipFile,
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """network: which kind the weights belong to, '' if the file names none. config: plain values that build it.
    loop: the state of a training, to resume exactly (optimiser, sampler, random state): tensors and plain values."""

    network: str
    config: dict[str, Any]
    weights: dict[str, Tensor]
    step: int = 0
    loop: dict[str, Any] = field(default_factory=dict)


class _NotRead:
    """Placeholder for numpy's numbers and arrays that other programs keep beside their weights."""

    def __init__(self, *arguments: object) -> None:
        pass

    def __setstate__(self, state: object) -> None:
        pass


_NUMPYS = [(_NotRead, "numpy.dtype"), (_NotRead, "numpy.ndarray")] + [
    (_NotRead, f"numpy.{package}.multiarray.{name}")
    for package in ("core", "_core")
    for name in ("scalar", "_reconstruct")
]


def read_checkpoint(path: str | Path) -> Checkpoint:
    """A file's weights on the CPU, and its other entries. Raises CheckpointError; no code in the file is run."""
    path = Path(path)
    _check_file(path)
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    contents = _torch_load(path)
    if not isinstance(contents, dict):
        raise _refused(path, f"holds {_shown(contents)}, not named weights")
    if _MARK in contents:
        return _own(path, contents)
    named = next((contents[key] for key in _WEIGHTS_UNDER if isinstance(contents.get(key), dict)), contents)
    step = next((contents[key] for key in _STEP_UNDER if type(contents.get(key)) is int), 0)
    return Checkpoint("", {}, _checked_weights(path, named), step)


def save_checkpoint(path: str | Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint so that the file is there as a whole or not at all; NAME.safetensors has no loop state.

    Raises CheckpointError for loop state that could not be read again, OSError where the disk refuses; the old file
    then stays.
    """
    path = Path(path)
    _check_plain(checkpoint.config, "config")
    weights = {name: value.detach().cpu().contiguous() for name, value in checkpoint.weights.items()}
    if path.suffix == ".safetensors":
        if checkpoint.loop:
            raise CheckpointError(f"{path}: safetensors hold no loop state. Save the run as .pt.")
        about = {_MARK: str(VERSION), "network": checkpoint.network, "step": str(checkpoint.step)}
        about["config"] = json.dumps(checkpoint.config)
        with whole_file(path) as stream:
            stream.write(safetensors.torch.save(weights, about))
        return
    _check_plain(checkpoint.loop, "loop")
    contents = {
        _MARK: VERSION,
        "network": checkpoint.network,
        "config": checkpoint.config,
        "model": weights,
        "step": checkpoint.step,
        "loop": checkpoint.loop,
    }
    with whole_file(path) as stream:
        torch.save(contents, stream)


def load_weights(module: nn.Module, weights: Mapping[str, Tensor], where: str) -> None:
    """Put weights into a network, all or none. Counters of batch norm may be absent, as in older files.

    Raises CheckpointError naming parameters that are missing, extra, of another shape or not finite; module is then
    unchanged.
    """
    wanted = module.state_dict()
    missing = [n for n in wanted if n not in weights and not n.endswith("num_batches_tracked")]
    extra = [n for n in weights if n not in wanted]
    both = [n for n in wanted if n in weights]
    reshaped = [
        f"{n} {tuple(weights[n].shape)} in place of {tuple(wanted[n].shape)}"
        for n in both
        if weights[n].shape != wanted[n].shape
    ]
    broken = [n for n in both if weights[n].shape == wanted[n].shape and not weights[n].isfinite().all()]
    faults = {"missing": missing, "extra": extra, "of another shape": reshaped, "not finite": broken}
    if any(faults.values()):
        words = "; ".join(f"{len(names)} {what}: {_list(names)}" for what, names in faults.items() if names)
        raise CheckpointError(
            f"{where}: these are not the weights of {type(module).__name__}. Parameters {words}. "
            "Choose a checkpoint of this network; the current one is kept."
        )
    module.load_state_dict({**wanted, **{name: weights[name] for name in both}})


def _check_file(path: Path) -> None:
    """Refuse missing and oversized files, and archives that are programs or grow when unpacked."""
    try:
        with io.BufferedReader(open_regular(path, MAX_FILE_BYTES)) as stream:
            entries = _archive_entries(stream)
            _check_entries(path, entries)
            check_claims(stream, entries)
    except Overclaim as error:
        raise _refused(path, str(error)) from None
    except FileNotFoundError:
        raise _refused(path, "is no file") from None
    except NotOrdinary as error:
        raise _refused(path, f"cannot be read: {error.strerror}") from None
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})") from None
    except CheckpointError:
        raise
    except (ValueError, NotImplementedError, zipfile.BadZipFile) as error:
        raise _refused(path, f"is a damaged archive ({error})") from None


def _check_entries(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if sum(entry.file_size for entry in entries) > MAX_FILE_BYTES:
        raise _refused(path, f"is larger than {MAX_FILE_BYTES / 2**30:g} GiB")
    names = [entry.filename for entry in entries]
    if any(name.endswith("/constants.pkl") or "/code/" in name for name in names):
        raise _refused(path, "is a TorchScript program, code and weights in one, and programs are not run")
    if any(entry.file_size > entry.compress_size for entry in entries):
        raise _refused(path, "is compressed, as torch.save never does it")


def _archive_entries(stream: IO[bytes]) -> list[zipfile.ZipInfo]:
    if not zipfile.is_zipfile(stream):
        return []
    with zipfile.ZipFile(stream) as archive:
        return archive.infolist()


def read_tensors(path: Path) -> Any:
    """What torch.save wrote of tensors and plain values. Raises CheckpointError."""
    _check_file(path)
    return _torch_load(path)


def _torch_load(path: Path) -> Any:
    try:
        with (
            torch.serialization.safe_globals(_NUMPYS),
            io.BufferedReader(open_regular(path, MAX_FILE_BYTES)) as stream,
        ):
            return torch.load(stream, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _refused(path, _pickle_fault(str(error))) from None
    except OSError as error:
        raise _refused(path, f"cannot be read ({error.strerror})") from None
    except _READ_ERRORS as error:
        first = (str(error).splitlines() or [""])[0][:200]
        raise _refused(
            path, f"is no checkpoint, or one cut short or damaged ({first or type(error).__name__})"
        ) from None


def _pickle_fault(words: str) -> str:
    """The refused name, from torch's long advice to trust the file."""
    _, found, rest = words.partition("GLOBAL ")
    if not found:
        return "is no checkpoint, or holds more than weights and plain values"
    return f"asks for {rest.split()[0]}, which is more than weights and plain values"


def _own(path: Path, contents: dict[str, Any]) -> Checkpoint:
    """A checkpoint from `save_checkpoint`, checked field by field."""
    if str(contents[_MARK]) != str(VERSION):
        raise _refused(path, f"is of version {contents[_MARK]}, and this program reads version {VERSION}")
    kinds = {"network": str, "config": dict, "model": dict, "step": int, "loop": dict}
    wrong = [name for name, kind in kinds.items() if not isinstance(contents.get(name), kind)]
    if wrong:
        raise _refused(path, f"is a checkpoint without its {', '.join(wrong)}")
    weights = _checked_weights(path, contents["model"])
    return Checkpoint(contents["network"], contents["config"], weights, contents["step"], contents["loop"])


def _read_safetensors(path: Path) -> Checkpoint:
    try:
        with safetensors.safe_open(path, framework="pt") as file:
            about = file.metadata() or {}
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - it is no mapping
        contents: dict[str, Any] = {"network": "", "model": weights, "config": {}, "step": 0, "loop": {}}
        if _MARK in about:
            contents |= {"network": about["network"], "config": json.loads(about["config"])}
            contents["step"] = int(about["step"])
    except (safetensors.SafetensorError, OSError, *_READ_ERRORS) as error:
        raise _refused(path, f"is no safetensors file, or one cut short or damaged ({error})") from None
    return _own(path, contents | {_MARK: about.get(_MARK, str(VERSION))})


def _checked_weights(path: Path, named: Mapping[Any, Any]) -> dict[str, Tensor]:
    """Dense tensors by name; the 'module.' that training on several GPUs leaves is taken away."""
    odd = [str(n) for n, value in named.items() if not (isinstance(n, str) and _is_dense(value))]
    if odd or not named:
        what = f"entries that are no tensors: {_list(odd)}" if odd else "nothing"
        raise _refused(path, f"should hold named weights, but has {what}")
    prefix = "module."
    if all(name.startswith(prefix) for name in named):
        return {name[len(prefix) :]: value for name, value in named.items()}
    return dict(named)


def _is_dense(value: object) -> bool:
    if not isinstance(value, Tensor) or value.is_nested or value.is_quantized or value.is_complex():
        return False
    return value.layout == torch.strided and value.device.type == "cpu"


def _check_plain(value: object, where: str) -> None:
    """Only what `weights_only` reads back: tensors, numbers, text, None, and lists, tuples and dicts of them."""
    if isinstance(value, dict):
        for key, item in value.items():
            _check_plain(key, where)
            _check_plain(item, f"{where}.{key}")
    elif type(value) in (list, tuple):
        for index, item in enumerate(value):  # type: ignore[arg-type, var-annotated]
            _check_plain(item, f"{where}[{index}]")
    elif not (value is None or isinstance(value, Tensor) or type(value) in (bool, int, float, str, bytes)):
        raise CheckpointError(
            f"{where} is {_shown(value)}, which a checkpoint cannot hold. Make it a tensor or a plain value."
        )


def _list(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + more


def _shown(value: object) -> str:
    return f"a {type(value).__name__}"


def _refused(path: Path, reason: str) -> CheckpointError:
    return CheckpointError(
        f"{path}: {reason}. Nothing in it was run, and the current network is kept. "
        "Take the file from its publisher again, or save its weights alone (a dict of tensors, or safetensors)."
    )
