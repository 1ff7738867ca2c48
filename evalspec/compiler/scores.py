"""Score configs, aggregates and gates: their own rules, and their form in the plan."""

from collections.abc import Iterator
from typing import Any

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.wording import describe, listed
from evalspec.diagnostics import closest
from evalspec.plan.canonical import digest
from evalspec.plan.model import MAX_TEXT, Direction, PlanScore
from evalspec.source.pointers import join
from evalspec.spec.sections import ScoreFields


def plan_score(reporter: Reporter, name: str, fields: ScoreFields) -> PlanScore:
    """The config as the plan holds it; its mistakes are reported."""
    pointer = join("/scores", name)
    _check_bounds(reporter, pointer, fields)
    categories = _check_categories(reporter, pointer, fields)
    direction = fields.direction or fields.default_direction
    _check_failure(reporter, pointer, fields, categories, direction)
    config: dict[str, Any] = {
        "data_type": fields.data_type,
        "min": fields.min,
        "max": fields.max,
        "categories": categories,
        "good": fields.good,
    }
    identity = {key: value for key, value in config.items() if value is not None}
    if fields.on_task_failure != "missing":
        # What is worst depends on the direction; otherwise a direction changes no value.
        identity |= {"on_task_failure": fields.on_task_failure, "direction": direction}
    return PlanScore(
        data_type=fields.data_type,
        min=fields.min,
        max=fields.max,
        categories=categories,
        good=None if fields.good is None else tuple(fields.good),
        description=fields.description,
        direction=direction,
        margin=fields.margin,
        on_task_failure=fields.on_task_failure,
        digest=digest("score-config", identity),
    )


def is_known(reporter: Reporter, name: str) -> bool:
    """Whether it is known what the values of a score can be: what they have to fit is wrong nowhere."""
    section = join("/scores", name)
    return not any(
        reporter.has_errors(join(section, part)) for part in ("data_type", "min", "max", "categories")
    )


def _check_bounds(reporter: Reporter, pointer: str, fields: ScoreFields) -> None:
    widest: float | None = 1.0 if fields.data_type == "BOOLEAN" else None
    if fields.data_type != "NUMERIC":
        for bound in ("min", "max"):
            if getattr(fields, bound) is not None:
                message = f"only a NUMERIC score has `{bound}`, not a {fields.data_type} one"
                reporter.add("invalid-bounds", message, join(pointer, bound), key=True)
    elif fields.min is not None and fields.max is not None:
        widest = fields.max - fields.min
        if widest <= 0:
            message = f"`min` ({fields.min:g}) must be below `max` ({fields.max:g})"
            reporter.add("invalid-bounds", message, join(pointer, "min"))
            return
    if widest is not None and fields.margin is not None and fields.margin > widest:
        message = f"a margin of {fields.margin:g} is wider than the score's whole range"
        expected = f"at most {widest:g}"
        reporter.add("margin-out-of-bounds", message, join(pointer, "margin"), expected=expected)


def _check_categories(reporter: Reporter, pointer: str, fields: ScoreFields) -> dict[str, float] | None:
    if fields.data_type != "CATEGORICAL":
        for name in ("categories", "good"):
            if getattr(fields, name) is not None:
                message = f"only a CATEGORICAL score has `{name}`, not a {fields.data_type} one"
                reporter.add("invalid-categories", message, join(pointer, name), key=True)
        return None
    if not fields.categories:
        message = "a CATEGORICAL score needs its `categories`"
        example = 'such as `categories = ["bad", "good"]`'
        reporter.add_to_section("invalid-categories", message, pointer, expected=example)
        return None
    where = join(pointer, "categories")
    categories: dict[str, float] = {}
    values: dict[float, str] = {}
    for step, label, value in _labels(fields.categories):
        if not label.strip():
            reporter.add("invalid-categories", "a label cannot be empty", join(where, step))
        elif label in categories:
            reporter.add("invalid-categories", f"the label `{label}` is there twice", join(where, step))
        elif value in values:
            message = f"`{label}` has the same value as `{values[value]}`"
            reporter.add("invalid-categories", message, join(where, step))
        categories.setdefault(label, value)
        values.setdefault(value, label)
    for index, label in enumerate(fields.good or ()):
        if label not in categories:
            reporter.add(
                "invalid-categories",
                f"`{label}` is not among the categories",
                join(pointer, "good", index),
                expected=listed(categories),
                suggestion=closest(label, categories),
            )
    return categories


def _labels(categories: list[str] | dict[str, float]) -> Iterator[tuple[str | int, str, float]]:
    """Where each label stands below `categories`, the label, and its value."""
    if isinstance(categories, dict):
        for label, value in categories.items():
            yield label, label, float(value)
    else:
        for index, label in enumerate(categories):
            yield index, label, float(index)


def _check_failure(
    reporter: Reporter,
    pointer: str,
    fields: ScoreFields,
    categories: dict[str, float] | None,
    direction: Direction,
) -> None:
    value = fields.on_task_failure
    if value == "missing":
        return
    where = join(pointer, "on_task_failure")
    if value == "worst":
        _check_worst(reporter, where, fields, direction)
        return
    expected = {
        "BOOLEAN": "true or false",
        "NUMERIC": "a number",
        "CATEGORICAL": listed(categories or ()),
        "TEXT": f"a string of 1 to {MAX_TEXT} characters",
    }[fields.data_type]
    fits = {
        "BOOLEAN": isinstance(value, bool),
        "NUMERIC": not isinstance(value, bool | str),
        "CATEGORICAL": categories is None or value in categories,
        "TEXT": isinstance(value, str) and 1 <= len(value) <= MAX_TEXT,
    }[fields.data_type]
    if not fits:
        words = ("missing", "worst", *(categories or ()))
        reporter.add(
            "wrong-value",
            f"{describe(value)} is not a value of this {fields.data_type} score",
            where,
            expected=f'{expected}, or `"missing"`' + ("" if fields.data_type == "TEXT" else ' or `"worst"`'),
            suggestion=closest(value, words) if isinstance(value, str) else None,
        )
    elif not isinstance(value, str) and fields.data_type == "NUMERIC" and not _holds(fields, value):
        reporter.add("out-of-range", f"{describe(value)} is outside the bounds of the score", where)


def _holds(fields: ScoreFields, value: float) -> bool:
    return (fields.min is None or fields.min <= value) and (fields.max is None or value <= fields.max)


def _check_worst(reporter: Reporter, where: str, fields: ScoreFields, direction: Direction) -> None:
    bound = "min" if direction == "higher" else "max"
    if fields.data_type == "TEXT" or direction == "none":
        message = "without a direction there is no worst value"
        reporter.add("wrong-value", message, where, expected='`"missing"`, a value, or a `direction`')
    elif fields.data_type == "NUMERIC" and getattr(fields, bound) is None:
        message = f"without `{bound}` there is no worst value"
        reporter.add("wrong-value", message, where, expected=f"a `{bound}` of the score")
