"""Pickles that would do harm: refused by name, with nothing run, quickly and in bounded memory."""

import pickle
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import PickleRefused
from core.files.pickles.reader import load_pickle
from tests.bodies import Instance, python2_pickle
from tests.work import millions_of_steps

MOST_STEPS = 400  # millions of a plain loop's: some ten seconds; a bomb that went off would not end
MEMORY_LIMIT = 200 * 2**20


def called(module: str, name: str, *arguments: str) -> bytes:
    """A pickle that calls module.name with texts."""
    texts = b"".join(pickle.BINUNICODE + struct.pack("<I", len(a)) + a.encode() for a in arguments)
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b"(" + texts + b"tR."


def stack_called(module: str, name: str, argument: str) -> bytes:
    """The same through protocol 4's STACK_GLOBAL."""
    texts = [b"\x8c" + bytes([len(text)]) + text.encode() for text in (module, name, argument)]
    return b"\x80\x04" + texts[0] + texts[1] + b"\x93" + texts[2] + b"\x85R."


class Reducing:
    """Pickles as a call of its choice."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> tuple[Any, ...]:
        return self.reduced


def object_array() -> bytes:
    return pickle.dumps(np.array([1, "two", None], dtype=object), 2)


def object_array_by_state() -> bytes:
    """A dtype that is plain at first and gets fields of objects with its state."""
    plain = pickle.dumps(np.zeros(2), 2)
    return plain.replace(b"NNN", b"N)}", 1)


def shaped(shape: tuple[int, ...], code: bytes = b"f8", raw: bytes = b"") -> bytes:
    """An array with this shape and these bytes."""
    dtype = b"cnumpy\ndtype\nU" + bytes([len(code)]) + code + b"K\x00K\x01\x87R"
    sizes = b"(" + b"".join(pickle.LONG1 + b"\x08" + struct.pack("<q", size) for size in shape) + b"t"
    start = b"\x80\x02cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
    data = b"T" + struct.pack("<i", len(raw)) + raw
    return start + b"(K\x01" + sizes + dtype + b"\x89" + data + b"tb."


def made_by(module: str, name: str) -> bytes:
    """A defaultdict that makes its values by a function."""
    return b"\x80\x02ccollections\ndefaultdict\n" + f"c{module}\n{name}\n".encode() + b"\x85R."


def joblib_array(code: bytes, raw: bytes) -> bytes:
    """What joblib writes of an array (4,), with these bytes behind it."""
    dtype = b"cnumpy\ndtype\nU" + bytes([len(code)]) + code + b"K\x00K\x01\x87R"
    state = b"}(U\x05shapeK\x04\x85U\x05dtype" + dtype + b"U\x05orderU\x01Cu"
    return b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81" + state + b"b" + raw


def instance_of(module: str, name: str) -> bytes:
    """An object made without a call, whose state is set."""
    return b"\x80\x02c" + f"{module}\n{name}\n".encode() + b")\x81}U\x01aK\x01sb."


# Each is given the name of a file that would be there if it ever ran.
HOSTILE: dict[str, tuple[Callable[[str], bytes], str]] = {
    "os.system": (lambda f: called("os", "system", f"touch {f}"), "os.system"),
    "posix.system": (lambda f: called("posix", "system", f"touch {f}"), "posix.system"),
    "nt.system": (lambda f: called("nt", "system", f"copy x {f}"), "nt.system"),
    "os.system in protocol 4": (lambda f: stack_called("os", "system", f"touch {f}"), "os.system"),
    "os.system of old classes": (lambda f: f"(S'touch {f}'\nios\nsystem\n.".encode(), "os.system"),
    "os.system as an old object": (lambda f: f"(cos\nsystem\nS'touch {f}'\no.".encode(), "os.system"),
    "named, not called": (lambda f: b"\x80\x02]cos\nsystem\na.", "os.system"),
    "hidden in a dict": (lambda f: b"\x80\x02}U\x01acos\nsystem\nU\x01x\x85Rs.", "os.system"),
    "thrown away": (lambda f: called("os", "system", f"touch {f}")[:-1] + b"0N.", "os.system"),
    "after a good array": (
        lambda f: python2_pickle({"a": np.zeros(3)})[:-1] + called("os", "mkdir", f)[2:],
        "os.mkdir",
    ),
    "subprocess": (lambda f: called("subprocess", "Popen", f"touch {f}"), "subprocess.Popen"),
    "pty": (lambda f: called("pty", "spawn", f"touch {f}"), "pty.spawn"),
    "eval": (lambda f: called("builtins", "eval", f"open({f!r}, 'w')"), "builtins.eval"),
    "eval of Python 2": (lambda f: called("__builtin__", "eval", f"open({f!r}, 'w')"), "__builtin__.eval"),
    "exec": (lambda f: called("builtins", "exec", f"open({f!r}, 'w')"), "builtins.exec"),
    "open": (lambda f: called("builtins", "open", f, "w"), "builtins.open"),
    "io.open": (lambda f: called("io", "open", f, "w"), "io.open"),
    "getattr": (lambda f: called("builtins", "getattr", "x", "__class__"), "builtins.getattr"),
    "import": (lambda f: called("builtins", "__import__", "this"), "builtins.__import__"),
    "importlib": (lambda f: called("importlib", "import_module", "this"), "importlib.import_module"),
    "type": (lambda f: called("builtins", "type", "x"), "builtins.type"),
    "attrgetter": (lambda f: called("operator", "attrgetter", "system"), "operator.attrgetter"),
    "methodcaller": (lambda f: called("operator", "methodcaller", "system"), "operator.methodcaller"),
    "partial": (lambda f: called("functools", "partial", "x"), "functools.partial"),
    "FunctionType": (lambda f: called("types", "FunctionType", "x"), "types.FunctionType"),
    "CodeType": (lambda f: called("types", "CodeType", "x"), "types.CodeType"),
    "marshal": (lambda f: called("marshal", "loads", "x"), "marshal.loads"),
    "numpy.load": (lambda f: called("numpy", "load", f), "numpy.load"),
    "numpy.save": (lambda f: called("numpy", "save", f, "x"), "numpy.save"),
    "numpy.f2py": (lambda f: called("numpy.f2py", "compile", "x"), "numpy.f2py.compile"),
    "numpy's own exec": (
        lambda f: called("numpy.testing._private.utils", "runstring", "x", "y"),
        "runstring",
    ),
    "a walk through numpy": (
        lambda f: stack_called("numpy.core.multiarray", "_reconstruct.__globals__", "x"),
        "_reconstruct.__globals__",
    ),
    "a walk through chumpy": (
        lambda f: called("chumpy.ch", "os.system", f"touch {f}"),
        "chumpy.ch.os.system",
    ),
    "a chumpy that is called": (lambda f: called("chumpy.ch", "Ch", "x"), "chumpy.ch.Ch"),
    "a scipy function": (lambda f: called("scipy.sparse", "load_npz", f), "scipy.sparse.load_npz"),
    "torch": (lambda f: called("torch", "load", f), "torch.load"),
    "torch's numbers that are none": (
        lambda f: called("torch.storage", "_load_from_bytes", "cos\nsystem\n."),
        "a tensor whose numbers cannot be read",
    ),
    "a defaultdict of a function": (lambda f: made_by("os", "system"), "os.system"),
    "a defaultdict of another class": (lambda f: made_by("builtins", "bytearray"), "defaultdict"),
    "the class of a defaultdict": (lambda f: b"\x80\x02cbuiltins\ndict\n.", "builtins.dict"),
    "a call of dict": (lambda f: called("builtins", "dict", "x"), "builtins.dict"),
    "a call of joblib's array": (
        lambda f: called("joblib.numpy_pickle", "NumpyArrayWrapper", "x"),
        "joblib.numpy_pickle.NumpyArrayWrapper",
    ),
    "joblib's reader": (lambda f: called("joblib.numpy_pickle", "load", f), "joblib.numpy_pickle.load"),
    "joblib's array of objects": (lambda f: joblib_array(b"O8", called("os", "system", f)), "joblib"),
    "joblib's array that is cut off": (lambda f: joblib_array(b"f8", b"12"), "bytes do not fit"),
    "joblib's array without state": (
        lambda f: b"\x80\x02cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81.",
        "NumpyArrayWrapper",
    ),
    "an array of dictionaries with code": (
        lambda f: pickle.dumps(np.array([{"a": Reducing(exec, (f"open({f!r}, 'w')",))}], dtype=object), 2),
        "exec",
    ),
    "an array of dictionaries and more": (
        lambda f: pickle.dumps(np.array([{"a": 1}, 2], dtype=object), 2),
        "Python objects",
    ),
    "a table of dictionaries": (
        lambda f: pickle.dumps(np.array([[{"a": 1}, {}]], dtype=object), 2),
        "Python objects",
    ),
    "webbrowser": (lambda f: called("webbrowser", "open", f), "webbrowser.open"),
    "ctypes": (lambda f: called("ctypes", "CDLL", f), "ctypes.CDLL"),
    "nested pickle": (lambda f: called("pickle", "loads", "cos\nsystem\n."), "pickle.loads"),
    "codecs that decode": (lambda f: called("codecs", "decode", "x", "zip"), "codecs.decode"),
    "codecs that squeeze": (lambda f: called("_codecs", "encode", "x", "zlib_codec"), "zlib_codec"),
    "registry number": (lambda f: b"\x80\x02\x82\x01.", "registry"),
    "large registry number": (lambda f: b"\x80\x02\x84\x01\x00\x00\x00.", "registry"),
    "persistent id": (lambda f: b"Psomewhere\n.", "persistent id"),
    "binary persistent id": (lambda f: b"\x80\x02K\x01Q.", "persistent id"),
    "out-of-band buffer": (lambda f: b"\x80\x05\x97.", "buffer"),
    "object made without a call": (lambda f: instance_of("collections", "Counter"), "collections.Counter"),
    "object of a known call": (lambda f: instance_of("collections", "OrderedDict"), "OrderedDict"),
    "state of a function": (lambda f: b"\x80\x02c_codecs\nencode\n}U\x01aK\x01sb.", "state of"),
    "slots set by state": (
        lambda f: b"\x80\x02cchumpy.ch\nCh\n)\x81N}U\x09__class__K\x01s\x86b.",
        "state of",
    ),
    "setstate of a container": (lambda f: b"\x80\x02]}U\x0c__setstate__K\x01sb.", "state of"),
    "array of objects": (lambda f: object_array(), "Python objects"),
    "array of objects by state": (lambda f: object_array_by_state(), "records"),
    "array of records": (lambda f: pickle.dumps(np.zeros(2, "i4,f8"), 2), "dtype V12"),
    "dtype with an expression": (lambda f: shaped((1,), b"(2,)O,f8"), "Python objects"),
    "array of a subclass": (lambda f: pickle.dumps(np.ma.zeros(3), 2), "numpy.ma"),
    "the base of all": (lambda f: b"\x80\x02cbuiltins\nobject\n.", "builtins.object"),
    "reconstructor of another class": (
        lambda f: b"ccopy_reg\n_reconstructor\n(cbuiltins\nset\ncbuiltins\nobject\nNtR.",
        "builtins.set",
    ),
    "a reduction": (lambda f: pickle.dumps(Reducing(exec, (f"open({f!r}, 'w')",))), "builtins.exec"),
    "a reduction in protocol 0": (lambda f: pickle.dumps(Reducing(Path.touch, (Path(f),)), 0), "getattr"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_hostile_pickle_is_refused_by_name_and_leaves_no_trace(kind, tmp_path):
    trace = tmp_path / "trace"
    write, name = HOSTILE[kind]
    file = tmp_path / "body.pkl"
    file.write_bytes(write(str(trace)))
    with pytest.raises(PickleRefused) as refused:
        load_pickle(file)
    message = str(refused.value)
    assert message.startswith(str(file))
    assert name in message
    assert "Nothing in it was run." in message
    assert list(tmp_path.iterdir()) == [file]


def test_the_hostile_pickles_would_run_in_pythons_own_reader(tmp_path):
    trace = tmp_path / "trace"
    for kind in ("os.system", "eval", "open", "os.system of old classes", "thrown away"):
        pickle.loads(HOSTILE[kind][0](str(trace)))
        assert trace.exists(), kind
        trace.unlink()


def nested(opcode: bytes, count: int) -> bytes:
    return b"\x80\x02" + b"]" * count + opcode * (count - 1) + b"."


def doubled(count: int) -> bytes:
    """A tuple of two of the tuple before, and so on: tiny in the file, 2^count when walked."""
    return b"\x80\x02N" + b"2\x86" * count + b"."


def shared_bytes(copies: int) -> bytes:
    """One long text, made into bytes again and again."""
    text = b"X" + struct.pack("<I", 2**20) + b"x" * 2**20 + b"q\x00"
    call = b"c_codecs\nencode\nq\x01" + b"0"
    return (
        b"\x80\x02" + text + b"0U\x06latin1q\x020" + call + b"](" + b"h\x01h\x00h\x02\x86R" * copies + b"e."
    )


def shared_scalars(copies: int) -> bytes:
    start = b"\x80\x02cnumpy\ndtype\nU\x02f8\x85Rq\x000U\x08" + b"x" * 8 + b"q\x010"
    start += b"cnumpy.core.multiarray\nscalar\nq\x020]("
    return start + b"h\x02h\x00h\x01\x86R" * copies + b"e."


BOMBS: dict[str, bytes] = {
    "lists in lists": nested(b"a", 200_000),
    "dicts in dicts": b"\x80\x02" + b"}K\x01" * 100_000 + b"N" + b"s" * 100_000 + b".",
    "tuples in tuples": b"\x80\x02N" + b"\x85" * 300_000 + b".",
    "chumpy in chumpy": b"\x80\x02" + b"cchumpy.ch\nCh\n)\x81}U\x01x" * 60_000 + b"N" + b"sb" * 60_000 + b".",
    "a list in itself": b"\x80\x02]q\x00h\x00a.",
    "a chumpy of itself": b"\x80\x02cchumpy.ch\nCh\n)\x81q\x00}U\x01xh\x00sb.",
    "tuples twice in tuples": doubled(10_000),
    "tuples twice as a key": b"\x80\x02}" + doubled(40)[2:-1] + b"Ns.",
    "a set of tuples": b"\x80\x02c__builtin__\nset\n](" + doubled(40)[2:-1] + b"e\x85R.",
    "marks": b"\x80\x02" + b"(" * 500_000 + b".",
    "a million numbers": b"\x80\x02](" + b"K\x01" * 1_000_000 + b"e.",
    "huge memo number": b"\x80\x02Nr\xff\xff\xff\xffj\xff\xff\xff\xff" + b"0N" * 300_000,
    "one text encoded over and over": shared_bytes(60_000),
    "one scalar over and over": shared_scalars(130_000),
    "sets of one list over and over": (
        b"\x80\x02c__builtin__\nset\nq\x000]("
        + b"K\x01" * 100_000
        + b"eq\x010]("
        + b"h\x00h\x01\x85R" * 90_000
        + b"e."
    ),
    "a number of a hundred million digits": b"\x80\x02\x8b\x00\x00\x00\x04" + b"\x7f" * 2**26 + b".",
    "a number longer than the file": b"\x80\x02\x8b\xff\xff\xff\x7f\x01.",
    "a decimal number without end": b"I" + b"9" * 5_000_000 + b"\n.",
    "text longer than the file": b"\x80\x04\x8d\xff\xff\xff\xff\xff\xff\xff\x7fa.",
    "a frame longer than the file": b"\x80\x04\x95\xff\xff\xff\xff\xff\xff\xff\x7f",
    "an array of exabytes": shaped((2**40, 2**20)),
    "an array of exabytes of nothing": shaped((0, 2**62)),
    "an array of nothings": shaped((2**62,), b"S0"),
    "an array of many dimensions": shaped((1,) * 60, raw=b"x" * 8),
    "an array of negative size": shaped((-1,)),
    "an array longer than its bytes": shaped((2**32,), raw=b"x" * 8),
    "a huge text dtype": shaped((1,), b"S2000000000"),
    "a sparse matrix of exabytes": python2_pickle(
        Instance("scipy.sparse.csc", "csc_matrix", {"_shape": (2**40, 2**40), "data": np.zeros(1)})
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", BOMBS)
def test_a_pickle_bomb_ends_in_an_error_after_bounded_work_and_memory(kind):
    def load():
        with pytest.raises(PickleRefused):
            load_pickle(BOMBS[kind])

    assert millions_of_steps(load) < MOST_STEPS
    tracemalloc.start()
    try:
        load()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < max(MEMORY_LIMIT, 4 * len(BOMBS[kind]))


def test_a_hostile_name_is_shown_short_and_printable():
    with pytest.raises(PickleRefused) as refused:
        load_pickle(stack_called("os\x1b[31m\n" + "é" * 30, "x" * 200, "y"))
    assert str(refused.value).isprintable()
    assert len(str(refused.value)) < 400
