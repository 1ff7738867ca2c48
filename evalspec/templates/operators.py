"""Arithmetic with bounds: what Jinja's sandbox calls instead of Python's operators."""

import operator
from collections.abc import Callable
from typing import Any, Final

from evalspec.templates.errors import ExpressionFailed
from evalspec.templates.limits import MAX_INTEGER_BITS, MAX_ITEMS, MAX_OUTPUT, MAX_RANGE, budget
from evalspec.templates.text import kind_of, text_of, whole

__all__ = ["BINARY", "UNARY", "binary", "bounded_range", "concatenate", "unary"]

BINARY: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}
UNARY: Final[dict[str, Callable[[Any], Any]]] = {"+": operator.pos, "-": operator.neg}


def binary(sign: str, left: Any, right: Any) -> Any:
    """``left sign right``; numbers with numbers, and joining or repeating strings and lists."""
    if _is_number(left) and _is_number(right):
        return _checked(_calculate(sign, left, right))
    if sign == "+" and type(left) is type(right) and isinstance(left, (str, list)):
        _check_size(left, len(left) + len(right))
        return left + right
    if sign == "*":
        left, right = whole(left), whole(right)
        if isinstance(left, int):
            left, right = right, left
        if isinstance(left, (str, list)) and isinstance(right, int):
            _check_size(left, len(left) * max(right, 0))
            return left * right
    hint = " Join text with `~`." if sign == "+" and isinstance(left, str) != isinstance(right, str) else ""
    raise ExpressionFailed(f"`{sign}` is not possible with {kind_of(left)} and {kind_of(right)}.{hint}")


def unary(sign: str, value: Any) -> Any:
    """``-value`` or ``+value`` of a number."""
    if not _is_number(value):
        raise ExpressionFailed(f"`{sign}` is not possible with {kind_of(value)}.")
    return UNARY[sign](value)


def concatenate(parts: tuple[Any, ...]) -> str:
    """``a ~ b``: the values as text, one after the other."""
    texts = [text_of(part) for part in parts]
    budget().spend_volume(sum(map(len, texts)))
    return "".join(texts)


def bounded_range(*limits: Any) -> range:
    """``range(stop)``, ``range(start, stop)``, ``range(start, stop, step)``: at most `MAX_RANGE` numbers."""
    limits = tuple(map(whole, limits))
    if not 1 <= len(limits) <= 3 or not all(isinstance(limit, int) for limit in limits):
        raise ExpressionFailed("`range` takes one to three whole numbers.")
    if len(limits) == 3 and limits[2] == 0:
        raise ExpressionFailed("The step of `range` must not be 0.")
    numbers = range(*limits)
    try:
        count = len(numbers)
    except OverflowError:
        count = MAX_RANGE + 1
    if count > MAX_RANGE:
        raise ExpressionFailed(f"`range` gives at most {MAX_RANGE:,} numbers.")
    return numbers


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float))


def _calculate(sign: str, left: Any, right: Any) -> Any:
    if sign == "**" and isinstance(left, int) and isinstance(right, int):
        # Checked before: the number itself may be too large to compute.
        bits = left.bit_length() * abs(right)
        if bits > MAX_INTEGER_BITS and abs(left) > 1:
            raise ExpressionFailed("The result of `**` is too large.")
    try:
        return BINARY[sign](left, right)
    except ZeroDivisionError:
        raise ExpressionFailed("Division by zero.") from None
    except OverflowError:
        raise ExpressionFailed(f"The result of `{sign}` is too large.") from None


def _checked(value: Any) -> Any:
    if isinstance(value, complex):
        raise ExpressionFailed("The result of `**` is not a real number.")
    if isinstance(value, int) and value.bit_length() > MAX_INTEGER_BITS:
        raise ExpressionFailed("An integer in between is too large.")
    return value


def _check_size(value: str | list[Any], size: int) -> None:
    if isinstance(value, str):
        if size > MAX_OUTPUT:
            raise ExpressionFailed(f"A text in between has more than {MAX_OUTPUT:,} characters.")
        budget().spend_volume(size)
    elif size > MAX_ITEMS:
        raise ExpressionFailed(f"A list in between has more than {MAX_ITEMS:,} elements.")
    else:
        budget().spend_steps(size)
