"""Whether the names in a spec name something, and whether what they join fits together."""

from collections.abc import Collection
from typing import cast

from evalspec.compiler.reporting import Reporter
from evalspec.diagnostics import closest
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluatorFields
from evalspec.source.pointers import join
from evalspec.spec.model import Spec
from evalspec.spec.sections import OverScore, ScoreFields


def check_references(reporter: Reporter, spec: Spec) -> None:
    """Report every name that leads nowhere and every pair that does not fit."""
    givers = _check_evaluators(reporter, spec)
    if not spec.evaluators and not any(pointer.startswith("/evaluators") for pointer in spec.broken):
        reporter.add(
            "no-evaluators",
            "the spec has no evaluators, so nothing would be scored",
            "",
            expected="at least one table `[evaluators.<name>]`",
        )
    broken_evaluators = any(pointer.startswith("/evaluators") for pointer in spec.broken)
    for name in spec.scores:
        if name not in givers and not broken_evaluators:
            pointer = join("/scores", name)
            reporter.warn("unused-score", f"no evaluator gives the score `{name}`", pointer, key=True)
    for name, aggregate in spec.aggregates.items():
        if isinstance(aggregate, OverScore):
            pointer = join("/aggregates", name, "score")
            _known(reporter, spec, "score", "/scores", spec.scores, aggregate.score, pointer)
    for name, gate in spec.gates.items():
        pointer = join("/gates", name)
        _known(
            reporter,
            spec,
            "aggregate",
            "/aggregates",
            spec.aggregates,
            gate.aggregate,
            join(pointer, "aggregate"),
        )
        if gate.min is None and gate.max is None and gate.min_coverage is None:
            message = f"the gate `{name}` has no condition"
            reporter.add(
                "missing-field", message, pointer, key=True, expected="`min`, `max` or `min_coverage`"
            )
        if gate.min is not None and gate.max is not None and gate.min > gate.max:
            message = f"nothing is at least {gate.min:g} and at most {gate.max:g}"
            reporter.add("invalid-bounds", message, join(pointer, "min"))


def evaluator_outputs(fields: EvaluatorFields) -> dict[str, str]:
    """The scores an evaluator gives: key in its result to name."""
    return EVALUATORS[_type(fields)].outputs(fields)


def _type(fields: EvaluatorFields) -> str:
    return cast(str, fields.type)  # type: ignore[attr-defined]  # every kind's model has the tag


def _known(
    reporter: Reporter, spec: Spec, what: str, section: str, names: Collection[str], name: str, pointer: str
) -> bool:
    if name in names or join(section, name) in spec.broken or section in spec.broken:
        return True
    known = ", ".join(f"`{known}`" for known in names)
    reporter.add(
        f"unknown-{what}",
        f"there is no {what} `{name}`",
        pointer,
        suggestion=closest(name, names),
        expected=f"one of {known}" if names else f"a table `[{section[1:]}.{name}]`",
    )
    return False


def _check_evaluators(reporter: Reporter, spec: Spec) -> dict[str, str]:
    """Which evaluator gives which score."""
    givers: dict[str, str] = {}
    for name, fields in spec.evaluators.items():
        for key, score in evaluator_outputs(fields).items():
            where = ("scores", key) if key else ("score",)
            pointer = join("/evaluators", name, *where)
            if not _known(reporter, spec, "score", "/scores", spec.scores, score, pointer):
                continue
            if score in givers:
                message = f"the score `{score}` is given by the evaluator `{givers[score]}` already"
                reporter.add("duplicate-score", message, pointer, expected="one evaluator per score")
                continue
            givers[score] = name
            if score in spec.scores:
                _check_fit(reporter, name, fields, pointer, score, spec.scores[score])
    return givers


def _check_fit(
    reporter: Reporter, name: str, fields: EvaluatorFields, pointer: str, score: str, config: ScoreFields
) -> None:
    kind = EVALUATORS[_type(fields)]
    types = kind.data_types(fields)
    if config.data_type not in types:
        yields = " or ".join(sorted(types))
        reporter.add(
            "data-type-mismatch",
            f"`{kind.type}` yields {yields}, but the score `{score}` is {config.data_type}",
            pointer,
            expected=f'`data_type = "{sorted(types)[0]}"` in `[scores.{score}]`',
        )
    elif kind.bounds is not None and config.data_type == "NUMERIC":
        low, high = kind.bounds
        if (config.min is not None and config.min > low) or (config.max is not None and config.max < high):
            reporter.add(
                "bounds-mismatch",
                f"`{kind.type}` yields {low:g} to {high:g}, which the bounds of `{score}` do not hold",
                pointer,
                expected=f"`min = {low:g}` and `max = {high:g}` in `[scores.{score}]`",
            )
