"""Canonical JSON (RFC 8785) and the digests built on it.

A digest is ``sha256:<64 hex digits>`` over ``b"evalspec:" + domain + b"\\n"`` followed by the content. The
domain names *what kind of thing* is hashed and in which form (``item``, ``task/python``, ``file``), so that
two things of different kinds never share a digest by accident; a domain is used with one of these only:

* `digest`: the content is the canonical JSON of a value;
* `digest_bytes`, `streaming_digest`: the content is the bytes themselves;
* `digest_sequence`: the content is, for each string in order, its canonical JSON followed by ``b"\\n"``. A
  canonical JSON string holds no raw newline, so the lines cannot be confused.

Numbers are JSON numbers: ``1`` and ``1.0`` are one value and have one digest.
"""

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import NoneType
from typing import Any, Final, NoReturn, TypeAlias

import orjson
import rfc8785

__all__ = [
    "MAX_DEPTH",
    "MAX_INTEGER",
    "JsonValue",
    "NotCanonical",
    "canonical_json",
    "digest",
    "digest_bytes",
    "digest_sequence",
    "is_digest",
    "short",
    "streaming_digest",
]

JsonValue: TypeAlias = "bool | int | float | str | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
"""What `canonical_json` takes; read-only, so that every concrete JSON type fits."""

MAX_INTEGER: Final = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly (RFC 7493, section 2.2)."""

MAX_DEPTH: Final = 200
"""How many arrays and objects may contain one another."""

_PREFIX: Final = "evalspec:"
_DOMAIN = re.compile(r"[a-z0-9][a-z0-9._/-]*")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_LEAVES: Final = frozenset({str, int, bool, NoneType})
_ORJSON_OPTIONS: Final = orjson.OPT_SORT_KEYS | orjson.OPT_STRICT_INTEGER
_Digester: TypeAlias = "hashlib._Hash"


class NotCanonical(ValueError):
    """A value has no canonical JSON form.

    ``pointer`` is the JSON pointer (RFC 6901) to the offending value inside the one that was given;
    ``message`` is one sentence that says what is wrong with it.
    """

    def __init__(self, message: str, pointer: str) -> None:
        super().__init__(message, pointer)
        self.message = message
        self.pointer = pointer

    def __str__(self) -> str:
        return f"{self.message} (at {self.pointer or 'the top'})"


def canonical_json(value: JsonValue) -> bytes:
    """The RFC 8785 form of ``value`` as UTF-8.

    Tuples count as arrays, subclasses of the JSON types as the value they hold.

    Raises:
        NotCanonical: an integer beyond 2^53-1, NaN or an infinity, a lone surrogate, a key that is not a
            string, a value of another type, or nesting deeper than `MAX_DEPTH`.
    """
    # Text alone is what most digests are of.
    if type(value) is str or _orjson_prints_the_same(value, 0):
        try:
            return orjson.dumps(value, option=_ORJSON_OPTIONS)
        except TypeError:
            # An integer out of range or a lone surrogate: the walk below finds where.
            pass
    plain = _plain(value, ())
    if _orjson_prints_the_same(plain, 0):
        return orjson.dumps(plain, option=_ORJSON_OPTIONS)
    return rfc8785.dumps(plain)


def digest(domain: str, value: JsonValue) -> str:
    """The digest of a JSON value; equal for values with equal canonical JSON. Raises `NotCanonical`."""
    hasher = _hasher(domain).copy()
    hasher.update(canonical_json(value))
    return f"sha256:{hasher.hexdigest()}"


def digest_bytes(domain: str, data: bytes) -> str:
    """The digest of bytes as they are."""
    hasher = _hasher(domain).copy()
    hasher.update(data)
    return f"sha256:{hasher.hexdigest()}"


def digest_sequence(domain: str, strings: Iterable[str]) -> str:
    """The digest of strings in order, without holding them (the form is in the module's description).

    Raises:
        NotCanonical: a string holds a lone surrogate; the pointer is its index.
    """
    hasher = _hasher(domain).copy()
    for index, text in enumerate(strings):
        try:
            hasher.update(canonical_json(text) + b"\n")
        except NotCanonical as error:
            raise NotCanonical(error.message, f"/{index}") from None
    return f"sha256:{hasher.hexdigest()}"


def streaming_digest(domain: str) -> tuple[Callable[[bytes], None], Callable[[], str]]:
    """`digest_bytes` in pieces: a function that takes the next piece and one that gives the digest."""
    hasher = _hasher(domain).copy()
    return hasher.update, lambda: f"sha256:{hasher.hexdigest()}"


def is_digest(text: str) -> bool:
    """Whether ``text`` is written as a digest of this module is."""
    return _DIGEST.fullmatch(text) is not None


def short(digest: str, length: int = 12) -> str:
    """The first hex digits of a digest, for people."""
    return digest.removeprefix("sha256:")[:length]


@lru_cache(maxsize=256)
def _hasher(domain: str) -> _Digester:
    if _DOMAIN.fullmatch(domain) is None:
        raise ValueError(f"{domain!r} is not a digest domain: lower-case letters, digits and . _ / - only.")
    return hashlib.sha256(f"{_PREFIX}{domain}\n".encode())


def _orjson_prints_the_same(value: Any, depth: int) -> bool:
    """Whether orjson, with its keys sorted, provably prints ``value`` as RFC 8785 does.

    Not so for: floats outside the range where both use plain decimal notation, or integral ones (``1.0``);
    keys that order differently by code point than by UTF-16 unit; subclasses and other types; deep nesting.
    """
    kind = type(value)
    if kind in _LEAVES:
        return True
    if kind is dict:
        if depth >= MAX_DEPTH:
            return False
        try:
            keys = "".join(value)
        except TypeError:
            return False
        # Below the surrogates both orders agree.
        if not keys.isascii() and max(keys) >= "\ud800":
            return False
        children = value.values()
    elif kind is list or kind is tuple:
        if depth >= MAX_DEPTH:
            return False
        children = value
    elif kind is float:
        # NaN fails the first comparison.
        return 1e-4 <= abs(value) < 1e15 and not value.is_integer()
    else:
        return False
    depth += 1
    for child in children:
        if type(child) not in _LEAVES and not _orjson_prints_the_same(child, depth):
            return False
    return True


_Steps: TypeAlias = tuple[str | int, ...]


def _plain(value: object, steps: _Steps) -> Any:
    """``value`` as exact built-in types, or `NotCanonical` with the pointer of what is wrong.

    Integral floats become integers where both have the same digits, which brings them back to the fast way.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _plain_text(value, steps)
    if isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            _refuse("An integer beyond 2^53-1 does not survive in JSON; write it as a string", steps)
        return int(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            _refuse("NaN and infinities are not JSON numbers", steps)
        number = float(value)
        return int(number) if number.is_integer() and abs(number) <= MAX_INTEGER else number
    if isinstance(value, (Mapping, list, tuple)):
        if len(steps) >= MAX_DEPTH:
            _refuse(f"The value is nested more than {MAX_DEPTH} levels deep", steps)
        if isinstance(value, Mapping):
            return _plain_object(value, steps)
        return [_plain(child, (*steps, index)) for index, child in enumerate(value)]
    _refuse(f"A value of type {type(value).__name__} is not JSON", steps)


def _plain_object(value: Mapping[object, object], steps: _Steps) -> dict[str, object]:
    plain: dict[str, object] = {}
    for key, child in value.items():
        if not isinstance(key, str):
            _refuse(f"A key of type {type(key).__name__} is not a string", steps)
        name = _plain_text(key, steps)
        plain[name] = _plain(child, (*steps, name))
    return plain


def _plain_text(text: str, steps: _Steps) -> str:
    # Not str(text): an enum member prints its name there.
    exact = str.__str__(text)
    try:
        exact.encode()
    except UnicodeEncodeError:
        _refuse("The text holds half of a surrogate pair, which is no character", steps)
    return exact


def _refuse(message: str, steps: _Steps) -> NoReturn:
    pointer = "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    raise NotCanonical(message + ".", pointer)
