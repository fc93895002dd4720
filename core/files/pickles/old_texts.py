"""Names and texts as the first pickles wrote them, in lines."""

from __future__ import annotations

import codecs
import io
import re

from core.files.pickles.arrays import Refusal

DAMAGED = "is no pickle, or a damaged one"
_UNKNOWN_ESCAPE = re.compile(rb"\\(?![\\'\"nrtabfvx])")


def two_names(stream: io.BytesIO) -> tuple[str, str]:
    """Module and attribute, one per line."""
    module, attribute = stream.readline(), stream.readline()
    if not attribute.endswith(b"\n"):
        raise Refusal(DAMAGED)
    return module.rstrip(b"\r\n").decode("utf-8"), attribute.rstrip(b"\r\n").decode("utf-8")


def quoted_text(stream: io.BytesIO) -> str:
    """Text in Python 2's repr. pickletools reads it only if it is ASCII."""
    quoted = stream.readline().rstrip(b"\r\n")
    text = quoted[1:-1]
    if len(quoted) < 2 or quoted[:1] not in b"'\"" or quoted[:1] != quoted[-1:]:
        raise Refusal(DAMAGED)
    if _UNKNOWN_ESCAPE.search(text.replace(rb"\\", b"")):
        raise Refusal(DAMAGED)
    return codecs.escape_decode(text)[0].decode("latin-1")
