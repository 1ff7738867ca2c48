"""`pairwise`: whether an output is better than another one for the same item."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

import anyio.to_thread
from pydantic import Field

from evalspec.evaluators.base import (
    BOOLEAN,
    CATEGORY,
    SHARE,
    EvaluationError,
    EvaluatorKind,
    ScoreValue,
    Subject,
    Yields,
)
from evalspec.evaluators.exact_match import same_json
from evalspec.evaluators.expressions import Lookup, compile_lookup, names_for
from evalspec.evaluators.judge_fields import JudgeFields, check_stand_in, resolve_inputs, resolve_judges
from evalspec.evaluators.judge_inputs import check_criteria
from evalspec.evaluators.judge_prompts import Inputs, judge_prompt
from evalspec.evaluators.judging import Judge, Judged, Panel, Verdict, all_at_once, judges_of
from evalspec.evaluators.verdicts import Combine, form_of
from evalspec.kinds.fields import KindFields
from evalspec.kinds.loading import Loading
from evalspec.kinds.prompting import Rendered
from evalspec.kinds.recorded import (
    moved_recording,
    recording_of,
    resolve_recorded_file,
    resolve_recorded_run,
)
from evalspec.kinds.resolving import Resolved, Resolving, Where

__all__ = ["KIND", "PairwiseFields"]

_PLACES: Final = ("first", "second")
_CHOICE: Final = form_of(None, ["first", "tie", "second"])
_OUTCOME: Final = form_of(None, {"loss": 0.0, "tie": 0.5, "win": 1.0})
_MIRRORED: Final = {"win": "loss", "tie": "tie", "loss": "win"}
_OF_FIRST: Final = {"first": "win", "tie": "tie", "second": "loss"}
_INPUTS: Final = ("input", "expected_output")
_CRITERIA: Final = """\
Decide which of <first> and <second> is the better answer to <input>. <expected_output>, where it is there, is
known to be correct.

- First it counts whether an answer is correct and does what was asked for, then whether it is complete and
  clear.
- Length does not count, nor does the order in which the answers stand.
- Where neither is better the verdict is `tie`."""


class BaselineFields(KindFields):
    """The outputs to compare with: of an earlier run, in a file, or in the data."""

    run: str | None = Field(
        None,
        description="The id of an earlier run, whose first trials count.",
        examples=["20261123-190501-k3f9qa"],
    )
    path: str | None = Field(
        None,
        description='A JSON or JSONL file with one `{"id": …, "output": …}` per item, relative to the spec.',
        examples=["outputs/baseline.jsonl"],
    )
    value: str | None = Field(
        None, description="An expression for the other output.", examples=["metadata.previous_answer"]
    )


class PairwiseFields(JudgeFields):
    """Whether `value` is better than a baseline's output for the same item, by a language model's verdict.

        [models.judge]
        model = "openai:gpt-5-mini"

        [evaluators.better]
        type = "pairwise"
        model = "judge"
        baseline = { value = "metadata.previous_answer" }
        scores = { outcome = "against_baseline", won = "won" }

    Judges favour places (Wang et al. 2023, "Large Language Models are not Fair Evaluators"), so each is
    asked twice, with the two answers in both orders. `outcome` is `win` or `loss` where both times the same
    answer is better, else `tie`; `value` is 1, 0.5 or 0, `won` is whether it is a win, and `consistency`
    the share of judges that said the same in both orders. Two equal answers are a tie, and nobody is asked.
    With several judges there is `agreement`, as for `llm_judge`; by `mean` or `median` there is no
    `outcome`, and `won` is whether the value is above 0.5. `score` alone names `outcome`, or else `value`.
    What each judge said in each order is in the score's metadata.

    Of a recorded baseline, an earlier run or a file, the part is compared that `value` takes. The plan pins
    the digest of its outputs.

    The answers stand between tags that they cannot close, as for `llm_judge`; that makes it harder for them
    to speak to the judge, and does not exclude it.

    The evaluation fails with `baseline_missing` where the baseline has no output for an item, and otherwise
    as that of `llm_judge`.
    """

    type: Literal["pairwise"] = "pairwise"
    value: str = Field(
        "output", description="Expression for the answer that is judged.", examples=["output.answer"]
    )
    baseline: BaselineFields = Field(
        description="What it is compared with: exactly one of `run`, `path` and `value`.",
        examples=[{"path": "outputs/baseline.jsonl"}, {"run": "20261123-190501-k3f9qa"}],
    )
    criteria: str | None = Field(
        None,
        description="What makes an answer the better one, which the judge sees as `<first>` and `<second>`; "
        "without it, whether it is correct, complete and clear.",
        examples=["Decide which of <first> and <second> is more polite."],
    )
    inputs: dict[str, str] | None = Field(
        None,
        description="What the judge sees besides the two answers: an expression for each name. Without it "
        "`input` and, where an item has one, `expected_output`.",
        examples=[{"question": "input.question"}],
    )
    score: str | None = Field(None, description="Name of the one score it gives, from `[scores]`: `outcome`.")
    scores: dict[Literal["outcome", "value", "won", "consistency", "agreement"], str] | None = Field(
        None,
        description="Several scores, by key, instead of `score`.",
        examples=[{"outcome": "against_baseline", "won": "won"}],
    )


class _Pairwise:
    blocking = False
    observes = True

    def __init__(self, fields: Mapping[str, Any], loading: Loading) -> None:
        self._value = compile_lookup("value", fields["value"])
        self._baseline = _Baseline(fields, loading)
        self._inputs = Inputs(fields["inputs"], fields.get("optional", ()), _PLACES)
        named = {**fields, "inputs": [*fields["inputs"], *_PLACES]}
        self._prompt = judge_prompt(named, _CHOICE, self._inputs, loading)
        self._judges = judges_of(fields, _CHOICE, "vote", "pairwise", loading)
        self._panel = Panel(_OUTCOME, fields["combine"], fields["least"])
        self._keys: Sequence[str] = fields.get("keys", ())

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        scope = subject.scope()
        value = self._value(scope)
        other = await self._baseline(subject, scope)
        if same_json(value, other):
            verdict = Verdict("tie", "the answers are equal", {"consistent": True}, 1.0)
            return _scores(verdict, self._panel.combine, self._keys)
        texts = self._inputs(scope, {"first": value, "second": other})
        forward = await self._prompt.render(texts)
        backward = await self._prompt.render({**texts, "first": texts["second"], "second": texts["first"]})
        verdict = await self._panel(
            {judge.name: partial(_both, judge, forward, backward) for judge in self._judges}
        )
        return _scores(verdict, self._panel.combine, self._keys)


class _Baseline:
    """The other output for an item."""

    def __init__(self, fields: Mapping[str, Any], loading: Loading) -> None:
        baseline: Mapping[str, Any] = fields["baseline"]
        self._lookup: Lookup | None = None
        if "value" in baseline:
            self._lookup = compile_lookup("baseline.value", baseline["value"])
        else:
            self._recording = recording_of(baseline, loading)
            self._value = compile_lookup("value", fields["value"])

    async def __call__(self, subject: Subject, scope: Mapping[str, Any]) -> Any:
        if self._lookup is not None:
            return self._lookup(scope)
        from evalspec.kinds.recordings import NotRecorded

        try:
            # It may wait for the disk.
            output = await anyio.to_thread.run_sync(self._recording.output, subject.item.id, 0)
        except NotRecorded as error:
            raise EvaluationError("baseline_missing", str(error)) from None
        return self._value({**scope, "output": output})


async def _both(judge: Judge, forward: Rendered, backward: Rendered) -> Judged:
    """One judge's verdict on the answer that comes first in `forward` and second in `backward`."""
    one, other = await all_at_once([partial(judge, forward), partial(judge, backward)])
    orders = [_OF_FIRST[str(one.answer)], _MIRRORED[_OF_FIRST[str(other.answer)]]]
    consistent = orders[0] == orders[1]
    reasoning = one.reasoning
    if not consistent:
        reasoning = f"as the first: {one.reasoning}\nas the second: {other.reasoning}"
    details = {"orders": orders, "consistent": consistent}
    return Judged(
        judge.name, orders[0] if consistent else "tie", reasoning if one.reasoning else "", (), details
    )


def _scores(verdict: Verdict, combine: Combine, keys: Sequence[str]) -> list[ScoreValue]:
    metadata = verdict.metadata
    said = [judge["consistent"] for judge in metadata.get("judges", {"": metadata}).values()]
    value = _OUTCOME.value_of(verdict.answer)
    found: dict[str, Any] = {
        "value": value,
        "won": value > 0.5,
        "consistency": sum(said) / len(said),
        "agreement": verdict.agreement,
    }
    if combine == "vote":
        found = {"outcome": verdict.answer, **found}
    if not keys:
        return [ScoreValue(next(iter(found.values())), "", verdict.comment, metadata)]
    return [ScoreValue(found[key], key, verdict.comment, metadata) for key in keys]


def _resolve(fields: PairwiseFields, resolving: Resolving) -> Resolved:
    inputs = dict(fields.inputs) if fields.inputs is not None else {name: name for name in _INPUTS}
    for name in inputs:
        if name in _PLACES:
            message = f"`{name}` cannot be the name of an input"
            expected = "another name: it is that of an answer"
            resolving.report("invalid-name", message, ("inputs", name), key=True, expected=expected)
    paths = set(resolve_inputs(fields, inputs, resolving, fields.inputs or {}))
    names = {**inputs, **dict.fromkeys(_PLACES, "")}
    judges = resolve_judges(fields, _OUTCOME, names, resolving)
    if fields.criteria is not None and fields.prompt is None:
        check_criteria(resolving, {("criteria",): fields.criteria}, list(names), fields.inputs or ())
    check_stand_in(fields, "comparison", names, resolving)
    baseline, baseline_paths = _resolve_baseline(fields, resolving)
    kept: dict[str, Any] = {
        **judges.kept,
        "value": fields.value,
        "baseline": baseline,
        "criteria": _CRITERIA if fields.criteria is None else fields.criteria,
        "inputs": inputs,
    }
    # What was said is pinned, and where it stands is not.
    identity: dict[str, Any] = {
        **judges.identity,
        "value": fields.value,
        "baseline": baseline.get("outputs") or baseline,
        "criteria": kept["criteria"],
        "inputs": inputs,
    }
    if fields.inputs is None:
        kept["optional"] = identity["optional"] = ["expected_output"]
    if fields.scores:
        kept["keys"] = identity["keys"] = sorted(fields.scores)
    paths |= set(resolving.expression(("value",), fields.value, names_for(fields))) | baseline_paths
    return Resolved(kept, identity, reads=tuple(sorted(paths)))


def _resolve_baseline(fields: PairwiseFields, resolving: Resolving) -> tuple[dict[str, Any], set[str]]:
    """What a plan keeps of the baseline, and the paths that it reads of item and output."""
    baseline = fields.baseline
    given = [name for name in ("run", "path", "value") if getattr(baseline, name) is not None]
    if len(given) != 1:
        message = (
            "the baseline is not named"
            if not given
            else f"`{given[0]}` and `{given[1]}` cannot stand together"
        )
        code = "missing-field" if not given else "wrong-value"
        at: Where = ("baseline",) if not given else ("baseline", given[1])
        resolving.report(code, message, at, key=True, expected="one of `run`, `path` and `value`")
        return {}, set()
    if baseline.value is not None:
        where = ("baseline", "value")
        return {"value": baseline.value}, set(resolving.expression(where, baseline.value, names_for(fields)))
    if baseline.path is not None:
        return resolve_recorded_file(("baseline", "path"), baseline.path, resolving), set()
    return resolve_recorded_run(("baseline", "run"), str(baseline.run), resolving), set()


def _yields(fields: PairwiseFields) -> Mapping[str, Yields]:
    keys: dict[str, Yields] = {}
    if fields.combine in (None, "vote"):
        keys["outcome"] = CATEGORY
    keys |= {"value": SHARE, "won": BOOLEAN, "consistency": SHARE}
    if len(fields.models or ()) > 1:
        keys["agreement"] = SHARE
    return {"": next(iter(keys.values())), **keys}


def _moved(fields: dict[str, Any], loading: Loading) -> Sequence[str]:
    baseline = fields["baseline"]
    return moved_recording(baseline, loading) if "outputs" in baseline else ()


def _build(fields: dict[str, Any], loading: Loading) -> _Pairwise:
    return _Pairwise(fields, loading)


KIND = EvaluatorKind(
    type="pairwise",
    fields=PairwiseFields,
    semantics=1,
    yields=_yields,
    resolve=_resolve,
    build=_build,
    reads=lambda fields: (fields.value, *(fields.inputs or dict.fromkeys(_INPUTS, "")).values()),
    moved=_moved,
    group="model_graded",
)
