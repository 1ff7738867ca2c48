"""Paths into data: ``output.answer``, ``input["a b"]``, ``output.items[0]``, read without Jinja."""

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

from evalspec.templates.errors import MissingKey
from evalspec.templates.text import kind_of, whole

__all__ = ["Steps", "format_path", "get_step", "look_up", "missing_key", "missing_step", "parse_path"]

Steps: TypeAlias = tuple[str | int, ...]
"""The name, then a key or an index for each step."""

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_STEP = re.compile(
    rf"""\s*\.\s*(?P<key>{_NAME})
    | \s*\[\s*(?:(?P<index>0|[1-9][0-9]{{0,8}})|"(?P<double>[^"\\\r\n]*)"|'(?P<single>[^'\\\r\n]*)')\s*\]""",
    re.VERBOSE,
)
_ROOT = re.compile(rf"\s*({_NAME})")
_IDENTIFIER = re.compile(_NAME)
# Words that Jinja reads as something else than a name.
_KEYWORDS = frozenset(
    ["and", "or", "not", "in", "is", "if", "else", "true", "false", "none", "True", "False", "None"]
)

_MISSING = object()


def parse_path(text: str) -> Steps | None:
    """The steps of a plain path; None for any other expression, which is then Jinja's."""
    root = _ROOT.match(text)
    if root is None or root[1] in _KEYWORDS:
        return None
    steps: list[str | int] = [root[1]]
    end = root.end()
    while (step := _STEP.match(text, end)) is not None:
        index = step["index"]
        steps.append(int(index) if index is not None else step[step.lastgroup or "key"])
        end = step.end()
    return None if text[end:].strip() else tuple(steps)


def format_path(steps: Steps) -> str:
    """A path as it is written in a spec."""
    parts = [str(steps[0])]
    for step in steps[1:]:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        elif _IDENTIFIER.fullmatch(step):
            parts.append(f".{step}")
        else:
            parts.append("[" + _quoted(step) + "]")
    return "".join(parts)


def look_up(steps: Steps, scope: Mapping[str, Any]) -> Any:
    """The value at a path. Raises `KeyError`, whose argument is the number of the step that is missing."""
    value = scope.get(steps[0], _MISSING)  # type: ignore[arg-type]  # the first step is a name
    if value is _MISSING:
        raise KeyError(0)
    for number in range(1, len(steps)):
        value = get_step(value, steps[number])
        if value is _MISSING:
            raise KeyError(number)
    return value


def missing_step(steps: Steps, scope: Mapping[str, Any]) -> int | None:
    """The number of the first step that is not in the data, if one is not."""
    try:
        look_up(steps, scope)
    except KeyError as error:
        return int(error.args[0])
    return None


def missing_key(path: Steps, scope: Mapping[str, Any]) -> MissingKey:
    """The error for a path that is not in the data: which step, and what was there instead."""
    step = missing_step(path, scope)
    written = format_path(path[: (step or 0) + 1])
    if not step:
        return MissingKey(f"`{written}` is missing.", written)
    holder = look_up(path[:step], scope)
    where = f": `{format_path(path[:step])}` is {kind_of(holder)}"
    return MissingKey(f"`{written}` is missing{'' if isinstance(holder, dict) else where}.", written)


def get_step(value: Any, step: Any, missing: Any = _MISSING) -> Any:
    """One step into data: a key of an object, an index of a list or a string, and never an attribute."""
    if isinstance(value, dict):
        return value.get(step, missing) if type(step) is str else missing
    step = whole(step)
    if type(step) is int and isinstance(value, (list, tuple, str, range)):
        return value[step] if -len(value) <= step < len(value) else missing
    return missing


def _quoted(key: str) -> str:
    escaped = key.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + escaped.replace("\n", "\\n").replace("\r", "\\r") + '"'
