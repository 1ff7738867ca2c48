"""The sections of a spec resolved by their kinds, in the plan's form."""

from collections.abc import Mapping
from typing import Any

from evalspec.analysis.aggregates import check_aggregate, value_range
from evalspec.compiler.context import Surroundings
from evalspec.compiler.reporting import Reporter
from evalspec.compiler.wording import listed
from evalspec.datasets import DATASETS
from evalspec.datasets.base import DatasetFields
from evalspec.diagnostics import closest
from evalspec.fingerprint.code import CodeBase, CodeFingerprint
from evalspec.kinds.prompting import ResolvedPrompt
from evalspec.kinds.python import check_run_evaluator
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.plan.canonical import digest
from evalspec.plan.model import PlanAggregate, PlanGate, PlanModel, PlanPrompt, PlanScore, PlanTask, Unpinned
from evalspec.source.pointers import join
from evalspec.spec.model import fields_identity, tag_of
from evalspec.spec.sections import GateFields, OverScore, PythonAggregateFields
from evalspec.tasks import TASKS
from evalspec.tasks.base import TaskFields


class Resolver:
    """Resolves one section after the other; every mistake goes to the reporter."""

    def __init__(self, reporter: Reporter, around: Surroundings) -> None:
        self._reporter = reporter
        self._around = around
        self._codebase: CodeBase = around.codebase()
        self.unpinned: list[Unpinned] = []
        self.models: Mapping[str, PlanModel | None] = {}
        self.prompts: Mapping[str, ResolvedPrompt | None] = {}
        self.used_models: dict[str, PlanModel] = {}
        self.used_prompts: dict[str, PlanPrompt] = {}
        self.named_prompts: set[str] = set()
        """Those that a section uses; without a server not all of them are known."""
        self.models_of: dict[str, tuple[str, ...]] = {}
        """The models that a section uses, by the section's JSON pointer."""

    def resolving(self, **more: Any) -> Resolving:
        """What one section's kind may ask for."""
        return self._around.resolving(self._codebase, models=self.models, prompts=self.prompts, **more)

    def settle(self, pointer: str, resolving: Resolving) -> None:
        """Report what a section's kind found, and note what it uses."""
        self._reporter.add_problems(pointer, resolving.problems)
        self.used_models |= resolving.used_models
        self.used_prompts |= resolving.used_prompts
        self.named_prompts |= resolving.named_prompts
        self.models_of[pointer] = tuple(resolving.used_models)

    def dataset(self, fields: DatasetFields) -> Resolved:
        """The dataset's fields with its paths found and its expressions checked."""
        kind = DATASETS[tag_of(fields)]
        resolving = self.resolving()
        resolved = kind.resolve(fields, resolving)
        self._reporter.add_problems("/dataset", resolving.problems)
        return resolved

    def task(self, fields: TaskFields) -> PlanTask:
        """The system under test with its digest."""
        kind = TASKS[tag_of(fields)]
        resolving = self.resolving()
        resolved = kind.resolve(fields, resolving)
        self.settle("/task", resolving)
        self.note_unfollowed("/task", resolved.code)
        for code in resolved.codes.values():
            self.note_unfollowed("/task", code)
        return PlanTask(
            type=kind.type,
            fields=resolved.fields,
            semantics=kind.semantics,
            code=code_json(resolved.code),
            codes={name: code.to_json() for name, code in resolved.codes.items()},
            timeout=fields.timeout,
            repeats=fields.repeats,
            digest=digest_of("task", kind.type, kind.semantics, resolved),
        )

    def aggregate(self, name: str, fields: Any, scores: dict[str, PlanScore]) -> PlanAggregate:
        """One run-level score with its digest."""
        pointer = join("/aggregates", name)
        if isinstance(fields, PythonAggregateFields):
            resolving = self.resolving()
            code = resolving.code(("callable",), fields.callable, fields.files, fields.env)
            if code is not None:
                check_run_evaluator(resolving, ("callable",), code)
            self._reporter.add_problems(pointer, resolving.problems)
            self.note_unfollowed(pointer, code)
            parameters = fields.model_dump(include={"callable", "files", "env"}, exclude_defaults=True)
            identity = {"function": "python", "code": code.digest if code else ""}
            return PlanAggregate(
                function="python",
                fields=parameters,
                data_type=fields.data_type,
                code=code_json(code),
                digest=digest("aggregate", identity),
            )
        assert isinstance(fields, OverScore)
        function = fields_identity(fields)["function"]
        parameters = fields.model_dump(exclude={"function", "score", "description"}, exclude_none=True)
        score = scores.get(fields.score)
        if score is not None and not self._reporter.has_errors(join("/scores", fields.score)):
            self._check_fit(pointer, function, parameters.get("label"), fields.score, score)
        return PlanAggregate(
            function=function,
            score=fields.score,
            fields=parameters,
            digest=digest("aggregate", {"function": function, **parameters}),
        )

    def _check_fit(self, pointer: str, function: str, label: str | None, name: str, score: PlanScore) -> None:
        """Report an aggregate that cannot be computed over its score."""
        problem = check_aggregate(function, score)
        if problem is not None:
            self._reporter.add("aggregate-data-type", problem, join(pointer, "function"))
        labels = score.categories or {}
        if label is not None and label not in labels:
            self._reporter.add(
                "invalid-categories",
                f"`{label}` is not a category of `{name}`",
                join(pointer, "label"),
                suggestion=closest(label, labels),
                expected=listed(labels) if labels else "no `label` for a score without categories",
            )

    def gate(
        self,
        name: str,
        fields: GateFields,
        aggregates: dict[str, PlanAggregate],
        scores: dict[str, PlanScore],
    ) -> PlanGate:
        """One condition; a bound that no value can meet is reported."""
        aggregate = aggregates.get(fields.aggregate)
        score = scores.get(aggregate.score or "") if aggregate is not None else None
        low, high = (None, None)
        if aggregate is not None and score is not None:
            low, high = value_range(aggregate.function, score)
        pointer = join("/gates", name)
        if fields.min is not None and high is not None and fields.min > high:
            message = f"`{fields.aggregate}` is never above {high:g}, so this gate can never pass"
            self._reporter.add("gate-out-of-bounds", message, join(pointer, "min"))
        if fields.max is not None and low is not None and fields.max < low:
            message = f"`{fields.aggregate}` is never below {low:g}, so this gate can never pass"
            self._reporter.add("gate-out-of-bounds", message, join(pointer, "max"))
        return PlanGate(
            aggregate=fields.aggregate, min=fields.min, max=fields.max, min_coverage=fields.min_coverage
        )

    def note_unfollowed(self, pointer: str, code: CodeFingerprint | None) -> None:
        """Say which code the plan cannot pin: in the plan, and as notes where the section names its code."""
        if code is None:
            return
        for missing in code.unfollowed:
            message = f"{missing.module}, line {missing.line}: {missing.reason}"
            self._reporter.add("code-not-followed", message, join(pointer, "callable"))
        # Without lines, so that a comment that is added does not change the plan.
        reasons = dict.fromkeys(f"{part.module}: {part.reason}" for part in code.unfollowed)
        self.unpinned += [Unpinned(what=f"{pointer.removeprefix('/')}/code", why=why) for why in reasons]


def code_json(code: CodeFingerprint | None) -> dict[str, Any] | None:
    """What a plan says of code."""
    return None if code is None else code.to_json()


def digest_of(domain: str, kind: str, semantics: int, resolved: Resolved, **more: Any) -> str:
    """The digest of a task or evaluator."""
    identity: dict[str, Any] = {"type": kind, "semantics": semantics, "fields": resolved.identity, **more}
    if resolved.code is not None:
        identity["code"] = resolved.code.digest
    if resolved.codes:
        identity["codes"] = {name: code.digest for name, code in resolved.codes.items()}
    return digest(domain, identity)
