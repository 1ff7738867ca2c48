"""Score configs, aggregates and gates: their own rules, and their form in the plan."""

from typing import Any

from evalspec.compiler.reporting import Reporter
from evalspec.diagnostics import closest
from evalspec.plan.canonical import digest
from evalspec.plan.model import Direction, PlanScore
from evalspec.source.pointers import join
from evalspec.spec.sections import ScoreFields


def plan_score(reporter: Reporter, name: str, fields: ScoreFields) -> PlanScore:
    """The config as the plan holds it; its mistakes are reported."""
    pointer = join("/scores", name)
    _check_bounds(reporter, pointer, fields)
    categories = _check_categories(reporter, pointer, fields)
    direction = _direction(fields)
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


def _direction(fields: ScoreFields) -> Direction:
    if fields.direction is not None:
        return fields.direction
    if fields.data_type in ("NUMERIC", "BOOLEAN") or fields.good:
        return "higher"
    return "none"


def _check_bounds(reporter: Reporter, pointer: str, fields: ScoreFields) -> None:
    for bound in ("min", "max"):
        if getattr(fields, bound) is not None and fields.data_type != "NUMERIC":
            message = f"only a NUMERIC score has `{bound}`, not a {fields.data_type} one"
            reporter.add("invalid-bounds", message, join(pointer, bound), key=True)
    if fields.min is not None and fields.max is not None and fields.data_type == "NUMERIC":
        if fields.min >= fields.max:
            message = f"`min` ({fields.min:g}) must be below `max` ({fields.max:g})"
            reporter.add("invalid-bounds", message, join(pointer, "min"))
        elif fields.margin is not None and fields.margin > fields.max - fields.min:
            message = f"a margin of {fields.margin:g} is wider than the score's whole range"
            reporter.add("margin-out-of-bounds", message, join(pointer, "margin"))
    if fields.margin is not None and fields.margin > 1 and fields.data_type == "BOOLEAN":
        message = f"a margin of {fields.margin:g} is wider than the whole range of a rate, 0 to 1"
        reporter.add("margin-out-of-bounds", message, join(pointer, "margin"))


def _check_categories(reporter: Reporter, pointer: str, fields: ScoreFields) -> dict[str, float] | None:
    where = join(pointer, "categories")
    if fields.data_type != "CATEGORICAL":
        for name in ("categories", "good"):
            if getattr(fields, name) is not None:
                message = f"only a CATEGORICAL score has `{name}`, not a {fields.data_type} one"
                reporter.add("invalid-categories", message, join(pointer, name), key=True)
        return None
    if not fields.categories:
        message = "a CATEGORICAL score needs its `categories`"
        reporter.add(
            "invalid-categories",
            message,
            pointer,
            key=True,
            expected='such as `categories = ["bad", "good"]`',
        )
        return None
    categories = _labels(fields.categories)
    if isinstance(fields.categories, list):
        for index, label in enumerate(fields.categories):
            if label in fields.categories[:index]:
                reporter.add("invalid-categories", f"the label `{label}` is there twice", join(where, index))
    for label in categories:
        if not label.strip():
            reporter.add("invalid-categories", "a label cannot be empty", where)
    if len(set(categories.values())) < len(categories):
        reporter.add("invalid-categories", "two labels have the same value", where)
    for index, label in enumerate(fields.good or ()):
        if label not in categories:
            reporter.add(
                "invalid-categories",
                f"`{label}` is not among the categories",
                join(pointer, "good", index),
                suggestion=closest(label, categories),
            )
    return categories


def _labels(categories: list[str] | dict[str, float]) -> dict[str, float]:
    if isinstance(categories, dict):
        return {label: float(value) for label, value in categories.items()}
    return {label: float(index) for index, label in enumerate(dict.fromkeys(categories))}


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
        if fields.data_type == "TEXT" or direction == "none":
            message = "without a direction there is no worst value"
            reporter.add("wrong-value", message, where, expected='`"missing"`, a value, or a `direction`')
        elif fields.data_type == "NUMERIC" and (fields.min if direction == "higher" else fields.max) is None:
            bound = "min" if direction == "higher" else "max"
            reporter.add(
                "wrong-value", f"without `{bound}` there is no worst value", where, expected=f"a `{bound}`"
            )
        return
    if fields.data_type == "BOOLEAN" and not isinstance(value, bool):
        reporter.add("wrong-value", "the value of a BOOLEAN score is true or false", where)
    elif fields.data_type == "NUMERIC":
        if isinstance(value, bool | str):
            message = "the value of a NUMERIC score is a number"
            reporter.add("wrong-value", message, where, expected='`"missing"`, `"worst"` or a number')
        elif (fields.min is not None and value < fields.min) or (
            fields.max is not None and value > fields.max
        ):
            reporter.add("out-of-range", f"{value:g} is outside the bounds of the score", where)
    elif fields.data_type == "CATEGORICAL" and categories is not None and value not in categories:
        known = ", ".join(f"`{label}`" for label in categories)
        suggestion = closest(value, categories) if isinstance(value, str) else None
        message = "the value is not among the categories"
        reporter.add("wrong-value", message, where, expected=f"one of {known}", suggestion=suggestion)
    elif fields.data_type == "TEXT" and not isinstance(value, str):
        reporter.add("wrong-value", "the value of a TEXT score is a string", where)
