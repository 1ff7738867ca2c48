"""Aggregates and gates resolved: what they are computed over fits them, and their form in the plan."""

from collections.abc import Mapping, Sequence
from typing import Final

from evalspec.analysis.aggregates import aggregate_range, check_aggregate
from evalspec.analysis.labels import label_of
from evalspec.compiler.evaluators import score_names
from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver, code_json
from evalspec.compiler.wording import listed
from evalspec.datasets.checks import WHERE_NAMES
from evalspec.diagnostics import closest
from evalspec.evaluators.base import SUBJECT_NAMES
from evalspec.fingerprint.code import CodeFingerprint
from evalspec.kinds.python import check_run_evaluator
from evalspec.kinds.resolving import Resolving
from evalspec.plan.canonical import digest
from evalspec.plan.model import DataType, PlanAggregate, PlanGate, PlanScore
from evalspec.source.pointers import join
from evalspec.spec.aggregates import (
    AggregateFields,
    CohenKappaFields,
    ComparisonFields,
    LabelledFields,
    OverScore,
    OverTrials,
    PythonAggregateFields,
    RatedFields,
)
from evalspec.spec.model import Spec, fields_identity
from evalspec.spec.sections import GateFields
from evalspec.templates import parse_path

_NAMES: Final = SUBJECT_NAMES | {"scores"}
_NEEDED_TYPES: Final[Mapping[str, tuple[DataType, DataType]]] = dict.fromkeys(
    ("roc_auc", "calibration", "brier"), ("NUMERIC", "BOOLEAN")
)
"""What a score has to be that is `value`, or `expected`, of a function that does not take every label."""


def resolve_aggregates(
    reporter: Reporter, resolver: Resolver, spec: Spec, scores: Mapping[str, PlanScore]
) -> dict[str, PlanAggregate]:
    """The plan's aggregates, in the spec's order; every mistake goes to the reporter.

    `scores` are those of which it is known what they can be.
    """
    resolved = {}
    for name, fields in spec.aggregates.items():
        assert isinstance(fields, AggregateFields)
        one = _Resolution(reporter, resolver, spec, join("/aggregates", name), scores)
        resolved[name] = one.aggregate(fields)
    return resolved


class _Resolution:
    """One aggregate on its way into the plan."""

    def __init__(
        self,
        reporter: Reporter,
        resolver: Resolver,
        spec: Spec,
        pointer: str,
        scores: Mapping[str, PlanScore],
    ) -> None:
        self._reporter = reporter
        self._resolver = resolver
        self._spec = spec
        self._pointer = pointer
        self._scores = scores
        self._resolving: Resolving = resolver.resolving(scores=score_names(spec))

    def aggregate(self, fields: AggregateFields) -> PlanAggregate:
        """The aggregate as the plan holds it, with its digest."""
        function = fields_identity(fields)["function"]
        reads = set(self._by(fields))
        code: CodeFingerprint | None = None
        kept = fields.model_dump(
            mode="json", exclude={"function", "score", "description", "by"}, exclude_none=True
        )
        identity = fields_identity(fields)
        identity.pop("score", None)
        if isinstance(fields, PythonAggregateFields):
            code = self._code(fields)
            kept = fields.model_dump(include={"callable", "files", "env"}, exclude_defaults=True)
            identity = {"function": "python", "code": code.digest if code else ""}
            identity |= {} if fields.by is None else {"by": fields.by}
        elif isinstance(fields, OverScore):
            self._check_score(function, fields)
        elif isinstance(fields, ComparisonFields):
            reads |= self._comparison(function, fields)
        self._reporter.add_problems(self._pointer, self._resolving.problems)
        self._resolver.note_unfollowed(self._pointer, code)
        return PlanAggregate(
            function=function,
            score=fields.score if isinstance(fields, OverScore) else None,
            fields=kept,
            by=fields.by,
            reads=tuple(sorted(reads)),
            data_type=fields.data_type if isinstance(fields, PythonAggregateFields) else "NUMERIC",
            code=code_json(code),
            digest=digest("aggregate", identity),
        )

    def _by(self, fields: AggregateFields) -> Sequence[str]:
        if fields.by is None:
            return ()
        return self._resolving.expression(("by",), fields.by, WHERE_NAMES)

    def _code(self, fields: PythonAggregateFields) -> CodeFingerprint | None:
        code = self._resolving.code(("callable",), fields.callable, fields.files, fields.env)
        if code is not None:
            check_run_evaluator(self._resolving, ("callable",), code)
        return code

    def _check_score(self, function: str, fields: OverScore) -> None:
        """Report an aggregate that cannot be computed over its score, or over so few trials."""
        if isinstance(fields, OverTrials):
            self._check_k(fields)
        score = self._scores.get(fields.score)
        if score is None:
            return
        problem = check_aggregate(function, score)
        if problem is not None:
            self._resolving.report("aggregate-data-type", problem, ("function",))
        label = getattr(fields, "label", None)
        labels = score.categories or {}
        if label is not None and label not in labels:
            self._resolving.report(
                "invalid-categories",
                f"`{label}` is not a category of `{fields.score}`",
                ("label",),
                suggestion=closest(label, labels),
                expected=listed(labels) if labels else "no `label` for a score without categories",
            )

    def _check_k(self, fields: OverTrials) -> None:
        task = self._spec.task
        if task is not None and not self._reporter.has_errors("/task") and fields.k > task.repeats:
            message = (
                f"{fields.k} trials cannot be drawn: the task is run {_times(task.repeats)} for each item"
            )
            expected = f"at most {task.repeats}, or more `repeats` in `[task]`"
            self._resolving.report("out-of-range", message, ("k",), expected=expected)

    def _comparison(self, function: str, fields: ComparisonFields) -> set[str]:
        """The paths that both expressions read; their mistakes and those of the labels are reported."""
        paths: set[str] = set()
        needed = _NEEDED_TYPES.get(function)
        for index, name in enumerate(("value", "expected")):
            text = getattr(fields, name)
            paths.update(self._resolving.expression((name,), text, _NAMES))
            steps = parse_path(text)
            if needed is not None and steps is not None and len(steps) == 2 and steps[0] == "scores":
                self._check_type(function, name, str(steps[1]), needed[index])
        if isinstance(fields, LabelledFields):
            self._check_labels(fields)
        return paths

    def _check_type(self, function: str, field: str, name: str, needed: DataType) -> None:
        score = self._scores.get(name)
        if score is not None and score.data_type != needed:
            message = f"`{field}` of `{function}` is {_WORDS[needed]}, and the score is {score.data_type}"
            self._resolving.report(
                "aggregate-data-type", message, (field,), expected=f"a {needed} score, or another expression"
            )

    def _check_labels(self, fields: LabelledFields) -> None:
        labels = [label_of(label) for label in fields.labels or ()]
        for index, label in enumerate(labels):
            if label in labels[:index]:
                message = f"the label `{label}` is there twice"
                self._resolving.report("wrong-value", message, ("labels", index))
        if isinstance(fields, RatedFields):
            self._check_average(fields)
        if isinstance(fields, CohenKappaFields) and fields.weights != "none" and fields.labels is None:
            message = f"`{fields.weights}` weights need the order of the labels"
            self._resolving.report("missing-field", message, expected="`labels`, in their order")

    def _check_average(self, fields: RatedFields) -> None:
        if fields.average != "binary" and fields.positive is not None:
            message = f"`{fields.average}` is an average over labels and has no `positive`"
            expected = '`average = "binary"`, or no `positive`'
            self._resolving.report("wrong-value", message, ("positive",), key=True, expected=expected)
        if fields.average == "binary" and fields.labels is not None:
            message = "`binary` looks at the label `positive` alone, whatever other labels there are"
            expected = "another `average`, or no `labels`"
            self._resolving.report("wrong-value", message, ("labels",), key=True, expected=expected)


_WORDS: Final[Mapping[DataType, str]] = {"NUMERIC": "a number", "BOOLEAN": "true or false"}


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def plan_gate(
    reporter: Reporter,
    name: str,
    fields: GateFields,
    aggregates: Mapping[str, PlanAggregate],
    scores: Mapping[str, PlanScore],
) -> PlanGate:
    """One condition; a bound that no value can meet is reported."""
    aggregate = aggregates.get(fields.aggregate)
    low: float | None = None
    high: float | None = None
    if aggregate is not None:
        low, high = aggregate_range(aggregate.function, scores.get(aggregate.score or ""))
    pointer = join("/gates", name)
    if fields.min is not None and high is not None and fields.min > high:
        message = f"`{fields.aggregate}` is never above {high:g}, so this gate can never pass"
        reporter.add("gate-out-of-bounds", message, join(pointer, "min"))
    if fields.max is not None and low is not None and fields.max < low:
        message = f"`{fields.aggregate}` is never below {low:g}, so this gate can never pass"
        reporter.add("gate-out-of-bounds", message, join(pointer, "max"))
    return PlanGate(
        aggregate=fields.aggregate, min=fields.min, max=fields.max, min_coverage=fields.min_coverage
    )
