"""A table against its model; what pydantic finds wrong, in our own words."""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.standins import Steps, existing, names_at, path_of, read, with_stand_ins
from evalspec.compiler.wording import PATTERNS, describe, listed
from evalspec.diagnostics import closest
from evalspec.source.pointers import get, join

_TYPES = {
    "string_type": "a string",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "finite_number": "a finite number",
}
_BOUNDS = {
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "too_short": "at least {min_length} element(s)",
    "too_long": "at most {max_length} elements",
    "string_too_short": "at least {min_length} character(s)",
    "string_too_long": "at most {max_length} character(s)",
}
_DURATION = "a time such as `30s`, `250ms`, `1m30s` or `2h`, or a number of seconds"


def validate(
    reporter: Reporter, pointer: str, model: type[BaseModel], value: Any, title: str
) -> BaseModel | None:
    """The table at `pointer` as a model, after reporting every mistake in it.

    `title` names the table in messages, such as "an `exact_match` evaluator". Something stands in for what is
    wrong, so that the rest is looked at as well; None where nothing can be made of the rest.
    """
    if not isinstance(value, dict):
        reporter.add("wrong-type", f"{title} cannot be {describe(value)}", pointer, expected="a table")
        return None
    found, faults = read(model, value)
    if found is not None:
        return found
    wrong = _Report(reporter, pointer, model, value, title).write(faults)
    found, replaced = with_stand_ins(model, value, wrong, reporter.reading)
    for path in replaced:
        reporter.stand_in(join(pointer, *path))
    return found


class _Report:
    """What is wrong with one table."""

    def __init__(
        self, reporter: Reporter, pointer: str, model: type[BaseModel], value: dict[str, Any], title: str
    ) -> None:
        self._reporter = reporter
        self._pointer = pointer
        self._model = model
        self._value = value
        self._title = title

    def write(self, errors: Sequence[ErrorDetails]) -> set[Steps]:
        """Report all of it; the answer is what cannot be read: wrong, missing, or under another key."""
        missing: dict[Steps, list[str]] = {}
        unknown: list[Steps] = []
        wrong: dict[Steps, list[ErrorDetails]] = {}
        for error in errors:
            where = existing(self._value, error["loc"])
            if error["type"] == "missing":
                missing.setdefault(where, []).append(str(error["loc"][-1]))
            elif error["type"] == "extra_forbidden" or error["loc"][-1] == "[key]":
                unknown.append(where)
            else:
                # A value that may be one of several things is wrong as each of them.
                wrong.setdefault(where, []).append(error)
        unreadable = {path_of(self._value, error) for error in errors}
        for where in unknown:
            meant = self._unknown(where, missing.get(where[:-1], []))
            if meant is not None:
                unreadable.add((*where[:-1], meant))
        for where, names in missing.items():
            for name in names:
                self._missing(where, name)
        for where, group in wrong.items():
            if where not in unknown:
                self._wrong(where, group)
        for where in unknown:
            # What a table around it is found to lack may be what the key was meant to be.
            for end in range(len(where)):
                self._reporter.settle(join(self._pointer, *where[:end]))
        return unreadable

    def _missing(self, where: Steps, name: str) -> None:
        owner = self._title if not where else f"this entry of `{_name(where)}`"
        self._reporter.add_to_section("missing-field", f"{owner} needs `{name}`", join(self._pointer, *where))

    def _unknown(self, where: Steps, missing: list[str]) -> str | None:
        """Report a key that the table does not have; the answer is the one that was meant, such as one that
        is missing.
        """
        key, parent = str(where[-1]), where[:-1]
        names = names_at(self._model, self._value, parent)
        present = get(self._value, join("", *parent))
        suggestion = closest(key, [name for name in names if name not in present])
        if suggestion is None and len(missing) == 1:
            suggestion = missing[0]
        if suggestion in missing:
            missing.remove(suggestion)
        self._reporter.add(
            "unknown-field",
            f"{f'`{_name(parent)}`' if parent else self._title} has no field `{key}`",
            join(self._pointer, *where),
            key=True,
            suggestion=suggestion,
            expected=None if suggestion else listed(names),
        )
        return suggestion

    def _wrong(self, where: Steps, errors: list[ErrorDetails]) -> None:
        pointer = join(self._pointer, *where)
        value = get(self._value, join("", *where))
        message = f"`{_name(where)}` cannot be {describe(value)}"
        by_type = {error["type"]: error for error in errors}
        if "literal_error" in by_type:
            self._wrong_word(pointer, message, value, by_type["literal_error"])
        elif "string_pattern_mismatch" in by_type:
            pattern = by_type["string_pattern_mismatch"]["ctx"]["pattern"]
            self._reporter.add("wrong-value", message, pointer, expected=PATTERNS[pattern])
        elif "value_error" in by_type:
            self._reporter.add("invalid-duration", message, pointer, expected=_DURATION)
        elif bounds := [error for error in errors if error["type"] in _BOUNDS]:
            expected = " or ".join(_BOUNDS[error["type"]].format(**error["ctx"]) for error in bounds)
            self._reporter.add("out-of-range", message, pointer, expected=expected)
        else:
            kinds = dict.fromkeys(_TYPES.get(error["type"], "another value") for error in errors)
            self._reporter.add("wrong-type", message, pointer, expected=" or ".join(kinds))

    def _wrong_word(self, pointer: str, message: str, value: Any, error: ErrorDetails) -> None:
        allowed = _allowed(error)
        suggestion = closest(value, allowed) if isinstance(value, str) else None
        self._reporter.add(
            "wrong-value",
            message,
            pointer,
            expected=listed(allowed),
            suggestion=suggestion,
            fix=self._reporter.respelling(pointer, value, suggestion) if isinstance(value, str) else None,
        )


def _name(where: Steps) -> str:
    """The last name on a path, which is the list's where the path ends in one."""
    return next((part for part in reversed(where) if isinstance(part, str)), "the table")


def _allowed(error: ErrorDetails) -> list[str]:
    """The words of a literal."""
    said = error["ctx"]["expected"].replace(" or ", ",").split(",")
    return [word.strip().strip("'") for word in said]
