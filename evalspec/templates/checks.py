"""The tests' code (what stands behind ``is``), on JSON data."""

from collections.abc import Callable
from typing import Any, Final

from jinja2 import Undefined

from evalspec.templates.errors import ExpressionFailed
from evalspec.templates.text import kind_of

__all__ = ["all_tests"]


def _defined(value: Any) -> bool:
    return not isinstance(value, Undefined)


def _undefined(value: Any) -> bool:
    return isinstance(value, Undefined)


def _integer(value: Any) -> bool:
    return _number(value) and float(value).is_integer()


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _divisible(value: Any, divisor: Any) -> bool:
    if not (_integer(value) and _integer(divisor)) or divisor == 0:
        raise ExpressionFailed(
            f"`divisibleby` needs whole numbers and a divisor other than 0, not {kind_of(value)}"
            f" and {divisor if divisor == 0 else kind_of(divisor)}."
        )
    return bool(value % divisor == 0)


def _lower(value: Any) -> bool:
    return isinstance(value, str) and value.islower()


def _upper(value: Any) -> bool:
    return isinstance(value, str) and value.isupper()


_TESTS: Final[dict[str, Callable[..., bool]]] = {
    "boolean": lambda value: isinstance(value, bool),
    "divisibleby": _divisible,
    "eq": lambda left, right: bool(left == right),
    "even": lambda value: _divisible(value, 2),
    "false": lambda value: value is False,
    "ge": lambda left, right: bool(left >= right),
    "gt": lambda left, right: bool(left > right),
    "in": lambda value, container: value in container,
    "integer": _integer,
    "iterable": lambda value: isinstance(value, (str, list, tuple, dict, range)),
    "le": lambda left, right: bool(left <= right),
    "lower": _lower,
    "lt": lambda left, right: bool(left < right),
    "mapping": lambda value: isinstance(value, dict),
    "ne": lambda left, right: bool(left != right),
    "none": lambda value: value is None,
    "number": _number,
    "odd": lambda value: not _divisible(value, 2),
    "sequence": lambda value: isinstance(value, (str, list, tuple, range)),
    "string": lambda value: isinstance(value, str),
    "true": lambda value: value is True,
    "upper": _upper,
}
_ALIASES: Final = {"equalto": "eq", "greaterthan": "gt", "lessthan": "lt"}


def all_tests() -> dict[str, Callable[..., bool]]:
    """The tests by name, exactly those of `TESTS`."""
    tests = {name: _of_defined(test) for name, test in _TESTS.items()}
    tests |= {alias: tests[name] for alias, name in _ALIASES.items()}
    return tests | {"defined": _defined, "undefined": _undefined}


def _of_defined(test: Callable[..., bool]) -> Callable[..., bool]:
    """``test``, which is about a value that must be there."""

    def call(value: Any, *arguments: Any) -> bool:
        if isinstance(value, Undefined):
            str(value)  # raises: what is missing is said there
        return test(value, *arguments)

    return call
