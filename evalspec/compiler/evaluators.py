"""The evaluators resolved: each by its kind, and all together by the scores they read of each other."""

from collections.abc import Iterable, Mapping
from typing import Any

from evalspec.compiler.reporting import Reporter
from evalspec.compiler.resolve import Resolver, code_json, digest_of
from evalspec.diagnostics import closest
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import SUBJECT_NAMES, EvaluatorFields, EvaluatorKind, Yields, outputs_of
from evalspec.evaluators.expressions import names_for
from evalspec.kinds.resolving import Resolving
from evalspec.plan.canonical import digest
from evalspec.plan.model import PlanAttach, PlanEvaluator
from evalspec.source.pointers import join, split
from evalspec.spec.model import Spec, tag_of
from evalspec.tasks import TASKS
from evalspec.templates import TemplateError, compile_expression

_ALL_NAMES = SUBJECT_NAMES | {"observation", "scores"}


def resolve_evaluators(reporter: Reporter, resolver: Resolver, spec: Spec) -> dict[str, PlanEvaluator]:
    """The plan's evaluators, in the spec's order."""
    scores = score_names(spec)
    evaluators = {
        name: _resolve(reporter, resolver, spec, name, fields, scores)
        for name, fields in spec.evaluators.items()
    }
    return _composed(reporter, evaluators)


def score_names(spec: Spec) -> set[str] | None:
    """The names that a score may be called by; None where that cannot be told."""
    if "/scores" in spec.broken:
        return None
    parts = [split(pointer) for pointer in sorted(spec.broken)]
    return {*spec.scores, *(part[1] for part in parts if len(part) == 2 and part[0] == "scores")}


def _resolve(
    reporter: Reporter,
    resolver: Resolver,
    spec: Spec,
    name: str,
    fields: EvaluatorFields,
    scores: set[str] | None,
) -> PlanEvaluator:
    kind = EVALUATORS[tag_of(fields)]
    pointer = join("/evaluators", name)
    types = {score: config.data_type for score, config in spec.scores.items()}
    resolving = resolver.resolving(scores=scores, score_types=types)
    resolved = kind.resolve(fields, resolving)
    if fields.when is not None:
        resolving.expression(("when",), fields.when, names_for(fields) | {"scores"})
    yields = kind.yields(fields) if resolved.yields is None else resolved.yields
    resolver.yields[name] = yields
    _check_keys(resolving, kind.type, fields, yields)
    _check_attach(resolving, spec, fields)
    _check_needs(resolving, spec, kind, fields)
    resolver.settle(pointer, resolving)
    for code in (resolved.code, *resolved.codes.values()):
        resolver.note_unfollowed(pointer, code)
    resolver.note_unpinned(pointer, resolved)
    reads = set(_reads(kind.reads(fields)) if resolved.reads is None else resolved.reads)
    identity: dict[str, Any] = {}
    if fields.when is not None:
        identity["when"] = fields.when
        reads |= set(_reads((fields.when,)))
    attach = None
    if fields.attach is not None:
        attach = PlanAttach(**fields.attach.model_dump())
        identity["attach"] = attach.model_dump(mode="json", exclude_defaults=True)
    return PlanEvaluator(
        type=kind.type,
        fields=resolved.fields,
        semantics=kind.semantics,
        scores=outputs_of(fields),
        reads=tuple(sorted(reads)),
        when=fields.when,
        after=tuple(sorted(resolving.after)),
        attach=attach,
        code=code_json(resolved.code),
        codes={name: code.to_json() for name, code in resolved.codes.items()},
        models=tuple(resolving.used_models),
        prompts=tuple(resolving.used_prompts),
        digest=digest_of("evaluator", kind.type, kind.semantics, resolved, **identity),
    )


def _check_keys(
    resolving: Resolving, kind: str, fields: EvaluatorFields, yields: Mapping[str, Yields]
) -> None:
    """Report that no score is given, or in two ways; of kinds that give several."""
    if "scores" not in type(fields).model_fields:
        return
    score, scores = getattr(fields, "score", None), getattr(fields, "scores", None)
    if score is None and scores is None:
        message = "the evaluator gives no score"
        resolving.report("missing-field", message, expected="`score`, or `scores`")
    elif score is not None and scores is not None:
        message = "`score` and `scores` cannot stand together"
        resolving.report("wrong-value", message, ("scores",), key=True, expected="one of the two")
    elif scores is not None and not scores:
        expected = "at least one key and score"
        resolving.report("wrong-value", "`scores` is empty", ("scores",), expected=expected)
    known = [key for key in yields if key]
    for key in scores or ():
        if key not in known:
            near = closest(key, known)
            listing = None if near else ", ".join(f"`{one}`" for one in known)
            message, at = f"`{kind}` does not give `{key}` here", ("scores", key)
            resolving.report("unknown-field", message, at, key=True, suggestion=near, expected=listing)


def _check_attach(resolving: Resolving, spec: Spec, fields: EvaluatorFields) -> None:
    attach = fields.attach
    if attach is None:
        return
    if attach.to == "session":
        for name in sorted(attach.model_fields_set - {"to"}):
            message = f"`{name}` chooses among observations, and this is attached to the session"
            resolving.report("wrong-value", message, ("attach", name), key=True)
    if attach.match == "each":
        for key, score in outputs_of(fields).items():
            config = spec.scores.get(score)
            if config is not None and config.data_type not in ("NUMERIC", "BOOLEAN"):
                at = ("scores", key) if key else ("score",)
                message = (
                    f"`{score}` is {config.data_type}: an item with several observations would have no value"
                )
                expected = "a NUMERIC or BOOLEAN score, or another `match`"
                resolving.report("data-type-mismatch", message, at, expected=expected)


def _check_needs(resolving: Resolving, spec: Spec, kind: EvaluatorKind[Any], fields: EvaluatorFields) -> None:
    """Report an evaluator that looks at what this kind of task does not have."""
    if spec.task is None:
        return
    task = tag_of(spec.task)
    gives = TASKS[task].gives
    words = {
        "latency": "the time of the task's call",
        "observations": "observations below the task's call",
        "session": "a session",
    }
    needed: dict[str, tuple[str]] = dict.fromkeys(kind.needs(fields), ("type",))
    if fields.attach is not None:
        what = "observations" if fields.attach.to == "observation" else "session"
        needed[what] = ("attach",)
    for need, at in sorted(needed.items()):
        if need not in gives:
            message = f"this needs {words[need]}, which a `{task}` task does not have"
            resolving.report("unsupported-by-task", message, at)


def _reads(expressions: Iterable[str]) -> tuple[str, ...]:
    """The paths that several expressions read; wrong ones are reported by their kind, at their place."""
    paths: set[str] = set()
    for text in expressions:
        try:
            paths |= set(compile_expression(text, _ALL_NAMES).paths)
        except TemplateError:
            continue
    return tuple(sorted(paths))


def _composed(reporter: Reporter, evaluators: Mapping[str, PlanEvaluator]) -> dict[str, PlanEvaluator]:
    """The evaluators with digests that cover those whose scores they read."""
    givers = {score: name for name, part in evaluators.items() for score in part.scores.values()}
    done: dict[str, PlanEvaluator] = {}
    waiting: list[str] = []

    def settle(name: str) -> PlanEvaluator | None:
        if name in done:
            return done[name]
        if name in waiting:
            _report_cycle(reporter, [*waiting[waiting.index(name) :], name])
            return None
        part = evaluators[name]
        waiting.append(name)
        upstream = {score: settle(givers[score]) for score in part.after if score in givers}
        waiting.pop()
        digests = {score: giver.digest for score, giver in upstream.items() if giver is not None}
        if digests:
            part = part.model_copy(
                update={"digest": digest("evaluator", {"own": part.digest, "scores": digests})}
            )
        done[name] = part
        return part

    for name in evaluators:
        settle(name)
    return {name: done[name] for name in evaluators}


def _report_cycle(reporter: Reporter, names: list[str]) -> None:
    pointer = join("/evaluators", names[0])
    if len(names) == 2:
        message = f"`{names[0]}` reads a score that it gives itself"
    else:
        message = "these wait for each other: " + " → ".join(f"`{name}`" for name in names)
    reporter.add_to_section("evaluator-cycle", message, pointer)
