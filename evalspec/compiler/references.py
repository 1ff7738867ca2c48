"""Whether the names in a spec name something, and whether what they join fits together."""

from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Final

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.scores import is_known
from evalspec.compiler.wording import listed
from evalspec.diagnostics import closest
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import Yields, outputs_of
from evalspec.plan.model import Direction
from evalspec.source.pointers import join, split
from evalspec.spec.aggregates import OverScore
from evalspec.spec.model import Spec, tag_of
from evalspec.spec.sections import GateFields, ScoreFields

_NOTHING: Final[Mapping[str, Mapping[str, Yields]]] = MappingProxyType({})


def check_references(
    reporter: Reporter, spec: Spec, resolved: Mapping[str, Mapping[str, Yields]] = _NOTHING
) -> None:
    """Report every name that leads nowhere and every pair that does not fit.

    `resolved` is what evaluators yield, by name, where their resolution has told; else their fields do.
    """
    givers = _check_evaluators(reporter, spec, resolved)
    if not spec.evaluators and "/evaluators" not in spec.broken and not _broken_names(spec, "/evaluators"):
        message = "the spec has no evaluators, so nothing would be scored"
        expected = "at least one table `[evaluators.<name>]`"
        reporter.add_to_section("no-evaluators", message, "", expected=expected)
    elif spec.evaluators and not reporter.has_errors("/evaluators") and not reporter.is_partial:
        for name in spec.scores:
            if name not in givers:
                message = f"no evaluator gives the score `{name}`"
                reporter.add("unused-score", message, join("/scores", name), key=True)
    for name, aggregate in spec.aggregates.items():
        if isinstance(aggregate, OverScore):
            where = join("/aggregates", name, "score")
            _check_name(reporter, spec, "score", spec.scores, aggregate.score, where)
    for name, gate in spec.gates.items():
        _check_gate(reporter, spec, name, gate)


def _broken_names(spec: Spec, section: str) -> list[str]:
    """Named tables of a section that are there and could not be read."""
    parts = [split(pointer) for pointer in sorted(spec.broken)]
    return [part[1] for part in parts if len(part) == 2 and f"/{part[0]}" == section]


def _check_name(
    reporter: Reporter, spec: Spec, what: str, known: Collection[str], name: str, pointer: str
) -> None:
    section = f"/{what}s"
    if name in known or not spec.broken.isdisjoint((section, join(section, name))):
        return
    names = [*known, *_broken_names(spec, section)]
    suggestion = closest(name, names)
    expected = listed(names) if names else f"a table `[{section[1:]}.{name}]`"
    is_score = what == "aggregate" and name in spec.scores
    note = f"`{name}` is a score; an aggregate over it is needed"
    reporter.add(
        f"unknown-{what}",
        f"there is no {what} `{name}`",
        pointer,
        suggestion=suggestion,
        expected=None if suggestion else expected,
        notes=(note,) if is_score else (),
    )


def _check_gate(reporter: Reporter, spec: Spec, name: str, gate: GateFields) -> None:
    pointer = join("/gates", name)
    _check_name(reporter, spec, "aggregate", spec.aggregates, gate.aggregate, join(pointer, "aggregate"))
    if gate.min is None and gate.max is None and gate.min_coverage is None:
        message = f"the gate `{name}` has no condition"
        reporter.add_to_section("missing-field", message, pointer, expected="`min`, `max` or `min_coverage`")
    if gate.min is not None and gate.max is not None and gate.min > gate.max:
        message = f"nothing is at least {gate.min:g} and at most {gate.max:g}"
        reporter.add("invalid-bounds", message, join(pointer, "min"), expected=f"at most {gate.max:g}")


def _check_evaluators(
    reporter: Reporter, spec: Spec, resolved: Mapping[str, Mapping[str, Yields]]
) -> dict[str, str]:
    """Which evaluator gives which score."""
    givers: dict[str, str] = {}
    for name, fields in spec.evaluators.items():
        kind = EVALUATORS[tag_of(fields)]
        yields = resolved[name] if name in resolved else kind.yields(fields)
        for key, score in outputs_of(fields).items():
            where = ("scores", key) if key else ("score",)
            pointer = join("/evaluators", name, *where)
            _check_name(reporter, spec, "score", spec.scores, score, pointer)
            if score in givers:
                first = givers[score]
                by = "this evaluator" if first == name else f"the evaluator `{first}`"
                message = f"the score `{score}` is given by {by} already"
                reporter.add("duplicate-score", message, pointer, expected="one evaluator for each score")
                continue
            givers[score] = name
            fits = key in yields and score in spec.scores
            if fits and is_known(reporter, score):
                _check_fit(reporter, kind.type, yields[key], pointer, score, spec.scores[score])
    return givers


def _check_fit(
    reporter: Reporter, kind: str, yields: Yields, pointer: str, score: str, config: ScoreFields
) -> None:
    types = sorted(yields.data_types)
    if config.data_type not in types:
        reporter.add(
            "data-type-mismatch",
            f"`{kind}` yields {' or '.join(types)}, but the score `{score}` is {config.data_type}",
            pointer,
            expected=f'`data_type = "{types[0]}"` in `[scores.{score}]`',
        )
    elif yields.bounds is not None and config.data_type == "NUMERIC":
        low, high = yields.bounds
        if (config.min is not None and config.min > low) or (config.max is not None and config.max < high):
            reporter.add(
                "bounds-mismatch",
                f"`{kind}` yields {low:g} to {high:g}, which the bounds of `{score}` do not hold",
                pointer,
                expected=f"`min = {low:g}` and `max = {high:g}` in `[scores.{score}]`",
            )
    if config.data_type == "NUMERIC" and "NUMERIC" in types:
        _check_direction(reporter, yields.direction, pointer, score, config)


def _check_direction(
    reporter: Reporter, direction: Direction | None, pointer: str, score: str, config: ScoreFields
) -> None:
    """Warn of a score whose better end is the worse one of the rubric that its values come from."""
    found = config.direction or config.default_direction
    if {direction, found} != {"higher", "lower"}:
        return
    why = "" if config.direction is not None else ", since it has no `direction`"
    if direction == "lower":
        expected = f'`direction = "lower"` in `[scores.{score}]`'
    else:
        expected = f'`direction = "lower"` of the rubric, or `direction = "higher"` in `[scores.{score}]`'
    reporter.add(
        "direction-mismatch",
        f"by the rubric {direction} is better, by the score `{score}` {found}{why}",
        pointer,
        expected=expected,
    )
