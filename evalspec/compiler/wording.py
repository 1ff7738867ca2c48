"""What pydantic finds wrong with a section, in our own words."""

from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from evalspec.compiler.reporting import Reporter
from evalspec.diagnostics import closest
from evalspec.source.pointers import join

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
    "greater_than": "a number above {gt}",
    "greater_than_equal": "a number of at least {ge}",
    "less_than": "a number below {lt}",
    "less_than_equal": "a number of at most {le}",
    "too_short": "at least {min_length} element(s)",
    "too_long": "at most {max_length} elements",
    "string_too_short": "at least {min_length} character(s)",
    "string_too_long": "at most {max_length} characters",
}
_DURATION = "a time such as `30s`, `250ms`, `1m30s` or `2h`, or a number of seconds"


def describe(value: Any) -> str:
    """A value of a spec as it is named in a message: its type, and the value itself where that is short."""
    names = {
        bool: "a boolean",
        int: "a whole number",
        float: "a number",
        str: "a string",
        list: "a list",
        dict: "a table",
    }
    name = names.get(type(value), "null")
    if isinstance(value, str) and len(value) <= 40:
        return f"the string {value!r}"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {value}"
    return name


def validate(
    reporter: Reporter, pointer: str, model: type[BaseModel], value: Any, title: str
) -> BaseModel | None:
    """The section at `pointer` as a model, or None after reporting every mistake in it.

    `title` names the section in messages, such as "an `exact_match` evaluator".
    """
    if not isinstance(value, dict):
        reporter.add(
            "wrong-type", f"{title} must be a table, not {describe(value)}", pointer, expected="a table"
        )
        return None
    try:
        return model.model_validate(value)
    except ValidationError as error:
        _report(reporter, pointer, model, value, title, error.errors(include_url=False))
        return None


def _report(
    reporter: Reporter,
    pointer: str,
    model: type[BaseModel],
    value: Any,
    title: str,
    errors: Sequence[ErrorDetails],
) -> None:
    unions: dict[tuple[str, ...], list[ErrorDetails]] = {}
    missing = {
        str(error["loc"][-1]) for error in errors if error["type"] == "missing" and len(error["loc"]) == 1
    }
    for error in errors:
        where = _existing(value, error["loc"])
        if error["type"] == "missing":
            _missing(reporter, join(pointer, *where), error, title)
        elif error["type"] == "extra_forbidden":
            _unknown(reporter, join(pointer, *where), model, where, value, title, missing)
        else:
            unions.setdefault(tuple(str(part) for part in where), []).append(error)
    for parts, group in unions.items():
        _wrong(reporter, join(pointer, *parts), parts, group)


def _existing(value: Any, location: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of pydantic's location that is a path in the value; names of union members are left out."""
    path: list[int | str] = []
    for part in location:
        if (isinstance(value, Mapping) and part in value) or (
            isinstance(value, list) and isinstance(part, int) and part < len(value)
        ):
            value = value[part]  # type: ignore[index]  # one of the two has just been checked
            path.append(part)
    return tuple(path)


def _missing(reporter: Reporter, pointer: str, error: ErrorDetails, title: str) -> None:
    name = error["loc"][-1]
    owner = title if len(error["loc"]) == 1 else "this table"
    reporter.add("missing-field", f"{owner} needs `{name}`", pointer, key=True)


def _unknown(
    reporter: Reporter,
    pointer: str,
    model: type[BaseModel],
    where: tuple[int | str, ...],
    value: Any,
    title: str,
    missing: set[str],
) -> None:
    owner = _nested_model(model, where[:-1])
    names = list(owner.model_fields) if owner is not None else []
    present = value if len(where) == 1 else {}
    free = [name for name in names if name not in present]
    suggestion = closest(str(where[-1]), free) or (
        next(iter(missing)) if len(missing) == 1 == len(where) else None
    )
    subject = title if len(where) == 1 else f"`{where[-2]}`"
    known = ", ".join(f"`{name}`" for name in names)
    reporter.add(
        "unknown-field",
        f"{subject} has no field `{where[-1]}`",
        pointer,
        key=True,
        suggestion=suggestion,
        expected=None if suggestion else f"one of {known}",
    )


def _nested_model(model: type[BaseModel], where: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that the path `where` leads to."""
    for part in where:
        if isinstance(part, int):
            continue
        info = model.model_fields.get(part)
        found = _model_in(info.annotation) if info is not None else None
        if found is None:
            return None
        model = found
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and get_origin(annotation) is None:
        return annotation
    for argument in get_args(annotation):
        found = _model_in(argument)
        if found is not None:
            return found
    return None


def _wrong(reporter: Reporter, pointer: str, parts: tuple[str, ...], errors: list[ErrorDetails]) -> None:
    name = parts[-1] if parts else "the section"
    given = describe(errors[0]["input"])
    literal = next((error for error in errors if error["type"] == "literal_error"), None)
    if literal is not None:
        allowed = [
            text.strip().strip("'") for text in literal["ctx"]["expected"].replace(" or ", ",").split(",")
        ]
        value = errors[0]["input"]
        reporter.add(
            "wrong-value",
            f"`{name}` cannot be {given}",
            pointer,
            expected="one of " + ", ".join(f"`{word}`" for word in allowed),
            suggestion=closest(value, allowed) if isinstance(value, str) else None,
        )
        return
    if any(error["type"] == "value_error" for error in errors):
        reporter.add("invalid-duration", f"`{name}` is not a time: {given}", pointer, expected=_DURATION)
        return
    bound = next((error for error in errors if error["type"] in _BOUNDS), None)
    if bound is not None:
        expected = _BOUNDS[bound["type"]].format(**bound["ctx"])
        reporter.add("out-of-range", f"`{name}` must be {expected}, not {given}", pointer, expected=expected)
        return
    kinds = list(dict.fromkeys(_TYPES.get(error["type"], "another value") for error in errors))
    expected = " or ".join(kinds)
    reporter.add("wrong-type", f"`{name}` must be {expected}, not {given}", pointer, expected=expected)
