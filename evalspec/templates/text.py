"""JSON data as text, and small helpers on text."""

import json
import math
from collections.abc import Iterable
from typing import Any, TypeAlias

from evalspec.templates.errors import ExpressionFailed, MissingKey
from evalspec.templates.limits import MAX_DEPTH, budget

__all__ = [
    "JsonValue",
    "closest",
    "data_of",
    "json_text",
    "kind_of",
    "position",
    "result_of",
    "text_of",
    "whole",
]

JsonValue: TypeAlias = "dict[str, JsonValue] | list[JsonValue] | str | int | float | bool | None"

_MAX_SAFE = 2**53 - 1
# The only undefined value that Jinja itself makes, and lets be used.
_NO_ELSE = "The condition of `if` is false, and there is no `else`."


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column of a code-point offset, both counted from 1."""
    before = text[:offset].replace("\r\n", "\n").replace("\r", "\n")
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def closest(word: str, candidates: Iterable[str]) -> str | None:
    """The candidate that ``word`` was probably meant to be."""
    from difflib import get_close_matches

    by_lower = {candidate.lower(): candidate for candidate in sorted(candidates)}
    found = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[found[0]] if found else None


def kind_of(value: object) -> str:
    """What a JSON value is, for a sentence."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, str):
        return "a string"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (list, tuple, range)):
        return "a list"
    return "something that is not data"


def whole(value: Any) -> Any:
    """``1.0`` as ``1``, for they are one number; anything else as it is."""
    return int(value) if type(value) is float and value.is_integer() else value


def data_of(value: Any, depth: int = 0) -> Any:
    """``value`` as plain JSON data, tuples and ranges as lists; spends from the budget.

    A tree whose branches share their leaves is walked as often as it would be printed: hence the budget.
    """
    if value is None or isinstance(value, bool):
        return value
    if type(value) is str:
        budget().spend_volume(len(value))
        return value
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ExpressionFailed("The result is not a finite number.")
        return value
    if isinstance(value, (dict, list, tuple, range)):
        if depth >= MAX_DEPTH:
            raise ExpressionFailed(f"The data is nested more than {MAX_DEPTH} levels deep.")
        budget().spend_steps(len(value) + 1)
        if not isinstance(value, dict):
            return [data_of(child, depth + 1) for child in value]
        if not all(type(key) is str for key in value):
            raise ExpressionFailed("The keys of an object must be strings.")
        return {key: data_of(child, depth + 1) for key, child in value.items()}
    from jinja2 import Undefined

    if isinstance(value, Undefined):
        str(value)  # raises: what is missing is said there
        raise MissingKey(_NO_ELSE)
    raise ExpressionFailed("The result is not JSON data.")


def result_of(value: Any) -> JsonValue:
    """The result of an expression as JSON data that survives in JSON."""
    data = data_of(value)
    if type(data) is int and abs(data) > _MAX_SAFE:
        raise ExpressionFailed("The result is an integer beyond 2^53-1, which does not survive in JSON.")
    return data  # type: ignore[no-any-return]  # data_of made it so


def json_text(value: Any, indent: int | None = None) -> str:
    """JSON with sorted keys, in which ``1`` and ``1.0`` are written alike. Nothing is escaped for HTML."""
    text = json.dumps(_numbers_alike(data_of(value)), indent=indent, sort_keys=True, ensure_ascii=False)
    budget().spend_volume(len(text))
    return text


def text_of(value: Any) -> str:
    """How a value stands in text: strings as they are, everything else as JSON."""
    kind = type(value)
    if kind is str:
        return value  # type: ignore[no-any-return]  # it is a str
    if kind is int:
        return str(value)
    try:
        return json_text(value)
    except MissingKey as error:
        if error.message == _NO_ELSE and not isinstance(value, (dict, list, tuple)):
            return ""  # as everywhere in Jinja
        raise


def _numbers_alike(data: Any) -> Any:
    if isinstance(data, float):
        return int(data) if data.is_integer() and abs(data) <= _MAX_SAFE else data
    if isinstance(data, list):
        return [_numbers_alike(child) for child in data]
    if isinstance(data, dict):
        return {key: _numbers_alike(child) for key, child in data.items()}
    return data
