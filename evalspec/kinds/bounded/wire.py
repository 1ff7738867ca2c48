"""What a process and its workers say to each other, over two pipes.

A request is two lengths, the order as JSON (function, modules to import, limits), and the arguments as a
pickle. The worker says `BEGUN` when it is about to call the function, then gives one answer: how it goes on,
the length, the marker of bytes, and JSON. Answers are JSON because data alone is read from a worker: whatever
became of it, it cannot make this process run anything.

Texts are exact: JSON leaves lone surrogates unescaped, and UTF-8 lets them pass, so that even two that make a
pair stay two. NaN and the infinities are Python's words for them. Bytes are an object with one key, a
random marker that the worker chose after the function had ended, so that no data can look like it.
"""

import io
import json
import os
import pickle
import struct
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Any, BinaryIO, Final, NoReturn, TypedDict

from evalspec.kinds.bounded.outcomes import TooLarge

REQUEST: Final = struct.Struct(">II")
"""Before a request: the lengths of the order and of the arguments."""
ANSWER: Final = struct.Struct(">cI16s")
"""Before an answer: `ANSWERED` or `LAST`, its length, and the marker of bytes, zeros where there are none."""

BEGUN: Final = b"B"
ANSWERED: Final = b"A"
LAST: Final = b"L"
"""An answer after which the worker ends."""

MAX_ANSWER: Final = 64 * 1024 * 1024
"""The longest answer in bytes."""

_NO_BYTES: Final = bytes(16)


class BadAnswer(Exception):
    """A worker said something that is no answer."""


class Order(TypedDict):
    """What a worker is to do, besides the arguments."""

    function: str
    preload: list[str]
    seconds: float
    memory: int


class _Bounded:
    """Collects what is written, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.parts: list[bytes] = []
        self._limit = limit
        self._left = limit

    def write(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge(f"the input has more than {self._limit:,} bytes")
        self.parts.append(bytes(data))


class _Pickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> NoReturn:
        """Called for whatever is not made of Python's plain types."""
        raise TypeError(f"a worker takes JSON-like values, not {type(value).__name__}")


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> NoReturn:
        raise pickle.UnpicklingError(f"arguments hold `{module}.{name}`")


def dump_arguments(arguments: Sequence[Any], limit: int) -> bytes:
    """Raises TooLarge as soon as `limit` bytes are exceeded, and TypeError for values that are not plain."""
    target = _Bounded(limit)
    try:
        _Pickler(target, protocol=5).dump(list(arguments))
    except RecursionError:
        raise TooLarge("the input is nested too deeply") from None
    return b"".join(target.parts)


def load_arguments(encoded: bytes) -> list[Any]:
    """The arguments of a request."""
    arguments: list[Any] = _Unpickler(io.BytesIO(encoded)).load()
    return arguments


def dump_answer(answer: dict[str, Any]) -> tuple[bytes, bytes]:
    """Marker and JSON. Raises TypeError, ValueError and RecursionError for what JSON cannot hold, and
    TooLarge.
    """
    marker = ""

    def stand_in(value: Any) -> dict[str, str]:
        nonlocal marker
        if not isinstance(value, bytes):
            raise TypeError(f"a worker answers with JSON-like values, not {type(value).__name__}")
        marker = marker or os.urandom(8).hex()
        return {marker: b64encode(value).decode("ascii")}

    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"), default=stand_in)
    body = text.encode("utf-8", "surrogatepass")
    if len(body) > MAX_ANSWER:
        raise TooLarge(f"the answer has more than {MAX_ANSWER:,} bytes")
    return marker.encode("ascii") or _NO_BYTES, body


def load_answer(marker: bytes, body: bytes) -> dict[str, Any]:
    """The answer of a worker. Raises BadAnswer, whatever a worker may have sent."""
    key = "" if marker == _NO_BYTES else marker.decode("latin-1")

    def restore(found: dict[str, Any]) -> Any:
        return b64decode(found[key], validate=True) if found.keys() == {key} else found

    try:
        text = body.decode("utf-8", "surrogatepass")
        answer = json.loads(text, object_hook=restore if key else None)
    except (ValueError, TypeError, RecursionError) as error:
        raise BadAnswer(f"the worker's answer cannot be read: {error}") from None
    if not isinstance(answer, dict) or len(answer) != 1:
        raise BadAnswer("the worker's answer is none of those it may give")
    return answer


def read_exactly(source: BinaryIO, length: int) -> bytes:
    """Raises EOFError where the other side has ended."""
    found = source.read(length)
    if len(found) < length:
        raise EOFError
    return found


def write_all(descriptor: int, *parts: bytes) -> None:
    """Write to a pipe, however little it takes at a time."""
    for part in parts:
        rest = memoryview(part)
        while rest:
            rest = rest[os.write(descriptor, rest) :]
