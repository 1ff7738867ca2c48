"""The filters' code: Jinja's own where it is safe on JSON data, ours where it is not.

Every filter is called through `_bounded`, which charges the evaluation's budget for what goes in and comes
out.
"""

import functools
import math
import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from jinja2 import Undefined
from jinja2 import filters as jinja
from jinja2.utils import pass_context, pass_environment

from evalspec.templates.errors import ExpressionFailed
from evalspec.templates.limits import MAX_VOLUME, MAX_WIDTH, budget
from evalspec.templates.text import json_text, kind_of, text_of, whole
from evalspec.templates.vocabulary import FILTERS

__all__ = ["all_filters", "in_order", "steps"]

_MAX_DIGITS: Final = 30


def in_order(value: Any) -> Any:
    """What a loop goes over: the keys of an object sorted, as their order is no part of the data."""
    return sorted(value) if isinstance(value, dict) else value


def steps(value: Iterable[Any]) -> Iterator[Any]:
    """``value`` for a loop, with every turn charged to the budget."""
    if isinstance(value, (int, float)) or value is None:
        raise ExpressionFailed(f"{kind_of(value).capitalize()} cannot be looped over.")
    spend = budget().spend_steps
    for element in in_order(value):
        spend(1)
        yield element


def _bounded(function: Callable[..., Any], *, text: bool = False, keys: bool = False) -> Callable[..., Any]:
    """``function`` with its value prepared and its costs charged."""
    # What Jinja's marks ask for (the context or the environment) comes before the value.
    position = 1 if hasattr(function, "jinja_pass_arg") else 0

    @functools.wraps(function)  # keeps Jinja's marks
    def call(*arguments: Any, **options: Any) -> Any:
        before, value, after = arguments[:position], arguments[position], arguments[position + 1 :]
        if isinstance(value, Undefined) and function is not jinja.do_default:
            str(value)  # raises: what is missing is said there
        if text:
            value = text_of(value)
        elif keys:
            value = in_order(value)
        purse = budget()
        if isinstance(value, (list, tuple, dict, range)):
            purse.spend_steps(len(value))
        result = function(*before, value, *after, **options)
        if isinstance(result, Iterator):
            result = list(result)
        if isinstance(result, str):
            purse.spend_volume(len(result))
        elif isinstance(result, list):
            purse.spend_steps(len(result))
        return result

    return call


def _first(environment: Any, value: Any) -> Any:
    for element in _elements("first", value):
        return element
    return environment.undefined(hint="The list is empty, so it has no first element.")


def _last(environment: Any, value: Any) -> Any:
    elements = list(_elements("last", value))
    return (
        elements[-1]
        if elements
        else environment.undefined(hint="The list is empty, so it has no last element.")
    )


def _elements(name: str, value: Any) -> Any:
    if not isinstance(value, (str, list, tuple, range, dict)):
        raise ExpressionFailed(f"`{name}` is not possible with {kind_of(value)}.")
    return value


def _length(value: Any) -> int:
    return len(_elements("length", value))


def _list(value: Any) -> list[Any]:
    return list(_elements("list", value))


def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else list(reversed(_elements("reverse", value)))


def _items(value: Any) -> list[list[Any]]:
    if not isinstance(value, dict):
        raise ExpressionFailed(f"`items` is not possible with {kind_of(value)}.")
    return [[key, value[key]] for key in sorted(value)]


def _join(environment: Any, value: Any, d: Any = "", attribute: str | int | None = None) -> str:
    elements = _elements("join", value)
    if attribute is not None:
        elements = map(jinja.make_attrgetter(environment, attribute), elements)
    texts = [text_of(element) for element in elements]
    between = text_of(d)
    budget().spend_volume(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


def _replace(text: str, old: Any, new: Any, count: int | None = None) -> str:
    old, new = text_of(old), text_of(new)
    times = text.count(old)
    budget().spend_volume(times * len(new))
    return text.replace(old, new, -1 if count is None else _whole("replace", count, 0, MAX_VOLUME))


def _indent(text: str, width: int | str = 4, first: bool = False, blank: bool = False) -> str:
    mark = width if isinstance(width, str) else " " * _whole("indent", width, 0, MAX_WIDTH)
    if len(mark) > MAX_WIDTH:
        raise ExpressionFailed(f"`indent` takes at most {MAX_WIDTH:,} characters.")
    lines = text.splitlines()
    if text.endswith("\n"):
        lines.append("")
    budget().spend_volume(len(lines) * len(mark))
    marked = [mark + line if line or blank else line for line in lines]
    if lines and not first:
        marked[0] = lines[0]
    return "\n".join(marked)


def _wordwrap(
    environment: Any,
    text: str,
    width: int = 79,
    break_long_words: bool = True,
    wrapstring: str | None = None,
    break_on_hyphens: bool = True,
) -> str:
    width = _whole("wordwrap", width, 1, MAX_VOLUME)
    if wrapstring is not None:
        # There are never more lines than characters.
        budget().spend_volume(len(text) * len(wrapstring))
    return jinja.do_wordwrap(environment, text, width, break_long_words, wrapstring, break_on_hyphens)


def _round(value: Any, precision: int = 0, method: str = "common") -> float:
    if not isinstance(value, (int, float)):
        raise ExpressionFailed(f"`round` is not possible with {kind_of(value)}.")
    digits = _whole("round", precision, -_MAX_DIGITS, _MAX_DIGITS)
    if method == "common":
        return round(float(value), digits)
    if method not in ("ceil", "floor"):
        raise ExpressionFailed('The method of `round` is "common", "ceil" or "floor".')
    scale = 10.0**digits
    return float(math.ceil(value * scale) if method == "ceil" else math.floor(value * scale)) / scale


def _abs(value: Any) -> Any:
    if not isinstance(value, (int, float)):
        raise ExpressionFailed(f"`abs` is not possible with {kind_of(value)}.")
    return abs(value)


def _sum(environment: Any, value: Any, attribute: str | int | None = None, start: float = 0) -> float:
    elements = _elements("sum", value)
    if attribute is not None:
        elements = map(jinja.make_attrgetter(environment, attribute), elements)
    numbers = [start, *elements]
    for number in numbers:
        if isinstance(number, Undefined):
            str(number)  # raises: what is missing is said there
        if not isinstance(number, (int, float)):
            raise ExpressionFailed(f"`sum` adds numbers and met {kind_of(number)}.")
    # math.fsum is exact: Python's own sum of floats changed in 3.12.
    return sum(numbers) if all(isinstance(number, int) for number in numbers) else math.fsum(numbers)


_CONVERSION = re.compile(
    r"%(?P<flags>[-+ 0#]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?(?P<type>.?)", re.DOTALL
)


def _format(text: str, *values: Any) -> str:
    remaining = list(values)

    def convert(match: re.Match[str]) -> str:
        kind = match["type"]
        if kind == "%":
            return "%"
        if kind not in tuple("sdiufFeEgGxXo"):
            raise ExpressionFailed(f"`format` does not know the conversion `{match[0]}`.")
        if int(match["width"] or 0) > MAX_WIDTH or int(match["precision"] or 0) > MAX_WIDTH:
            raise ExpressionFailed(f"`format` takes widths up to {MAX_WIDTH:,}.")
        if not remaining:
            raise ExpressionFailed("`format` has fewer values than conversions.")
        value = remaining.pop(0)
        if kind == "s":
            value = text_of(value)
        elif not isinstance(value, (int, float)):
            raise ExpressionFailed(f"`format` cannot print {kind_of(value)} as `{match[0]}`.")
        result: str = match[0] % whole(value)
        budget().spend_volume(len(result))
        return result

    result = _CONVERSION.sub(convert, text)
    if remaining:
        raise ExpressionFailed("`format` has more values than conversions.")
    return result


def _tojson(value: Any, indent: int | None = None) -> str:
    return json_text(value, None if indent is None else _whole("tojson", indent, 0, 16))


def _map(context: Any, value: Any, *arguments: Any, **options: Any) -> Iterable[Any]:
    if arguments and (type(arguments[0]) is not str or arguments[0] not in FILTERS):
        raise ExpressionFailed("`map` takes the name of a filter.")
    return jinja.sync_do_map(context, _elements("map", value), *arguments, **options)


def _whole(name: str, value: Any, low: int, high: int) -> int:
    value = whole(value)
    if not isinstance(value, int) or not low <= value <= high:
        raise ExpressionFailed(f"`{name}` takes a whole number from {low} to {high}.")
    return int(value)


# How each filter wants its value: as text, with the keys of an object in place of the object, or as it is.
_OF_TEXT: Final[dict[str, Callable[..., Any]]] = {
    "capitalize": jinja.do_capitalize,
    "format": _format,
    "indent": _indent,
    "lower": jinja.do_lower,
    "replace": _replace,
    "string": str,
    "title": jinja.do_title,
    "trim": jinja.do_trim,
    "truncate": jinja.do_truncate,
    "upper": jinja.do_upper,
    "wordcount": jinja.do_wordcount,
    "wordwrap": pass_environment(_wordwrap),
}
_OF_LISTS: Final[dict[str, Callable[..., Any]]] = {
    "first": pass_environment(_first),
    "join": pass_environment(_join),
    "last": pass_environment(_last),
    "list": _list,
    "map": pass_context(_map),
    "max": jinja.do_max,
    "min": jinja.do_min,
    "reject": jinja.sync_do_reject,
    "rejectattr": jinja.sync_do_rejectattr,
    "reverse": _reverse,
    "select": jinja.sync_do_select,
    "selectattr": jinja.sync_do_selectattr,
    "sort": jinja.do_sort,
    "sum": pass_environment(_sum),
    "unique": jinja.sync_do_unique,
}
_AS_IT_IS: Final[dict[str, Callable[..., Any]]] = {
    "abs": _abs,
    "default": jinja.do_default,
    "dictsort": jinja.do_dictsort,
    "float": jinja.do_float,
    "int": jinja.do_int,
    "items": _items,
    "length": _length,
    "round": _round,
    "tojson": _tojson,
}


def all_filters() -> dict[str, Callable[..., Any]]:
    """The filters by name, exactly those of `FILTERS`."""
    filters = {name: _bounded(function, text=True) for name, function in _OF_TEXT.items()}
    filters |= {name: _bounded(function, keys=True) for name, function in _OF_LISTS.items()}
    filters |= {name: _bounded(function) for name, function in _AS_IT_IS.items()}
    return filters | {"d": filters["default"], "count": filters["length"]}
