"""`llm_judge`: a language model's verdict by a rubric."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import (
    BOOLEAN,
    CATEGORY,
    NUMBER,
    SHARE,
    EvaluatorKind,
    ScoreValue,
    Subject,
    Yields,
)
from evalspec.evaluators.judge_fields import (
    DIRECTIONS,
    JudgeFields,
    check_answers,
    check_direction,
    check_form,
    check_stand_in,
    check_threshold,
    resolve_inputs,
    resolve_judges,
)
from evalspec.evaluators.judge_inputs import check_criteria, rubric_inputs
from evalspec.evaluators.judge_prompts import DEFAULT_INPUTS, Inputs, judge_prompt
from evalspec.evaluators.judging import Panel, Verdict, judges_of
from evalspec.evaluators.verdicts import Form, form_of, keys_of, results_of
from evalspec.kinds.fields import KindFields
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving, Where
from evalspec.plan.model import Direction
from evalspec.rubrics.model import Categories, Rubric, Scale

__all__ = ["KIND", "LlmJudgeFields"]

_OPTIONAL: Final = "expected_output"
_ANY_FORM: Final[Mapping[str, Yields]] = {
    "": Yields(frozenset({"BOOLEAN", "NUMERIC", "CATEGORICAL"})),
    "passed": BOOLEAN,
    "value": NUMBER,
    "label": CATEGORY,
    "agreement": SHARE,
}
"""What a verdict can be whose form is not known."""


class ExampleFields(KindFields):
    """An example that judges are shown before they are asked."""

    inputs: dict[str, str] = Field(
        description="What the judge sees, as texts by the names of the inputs.",
        examples=[{"input": "2 + 2?", "output": "5"}],
    )
    verdict: bool | float | str = Field(
        description="The right verdict on it, in the form that is asked for.", examples=[False, 2, "poor"]
    )
    reasoning: str | None = Field(None, description="The grounds for it; needed unless `reasoning` is off.")


class LlmJudgeFields(JudgeFields):
    """The verdict of a language model, or of several, by a rubric.

        [models.judge]
        model = "openai:gpt-5-mini"

        [evaluators.faithful]
        type = "llm_judge"
        model = "judge"
        rubric = "faithfulness@1"
        inputs = { context = "metadata.docs" }
        threshold = 4
        scores = { value = "faithfulness", passed = "faithful" }

    What is judged is said by a `rubric`, of the spec or ready-made, or by `criteria` that stand here. The
    verdict is true or false (`passed`), a number on a `scale` (`value`), or one of `categories` (`label`;
    with a table of label to value also `value`). With a `threshold` there is `passed` beside the value:
    whether it is at least so much, or at most so much by a rubric whose `direction` is `lower`, such as
    `toxicity`. Where there are several answers, `agreement` says how far they agree,
    from 0 to 1: the mean over all pairs of answers, which agree where they are equal (Fleiss 1971), on a
    scale by their distance (linear weights, Cohen 1968). `score` alone names the first of these: `passed`,
    `value` or `label`.

    The judge answers in JSON that follows a schema, first its reasoning and then its verdict; the reasoning
    becomes the score's comment. Each request is a generation below the evaluator's observation. `samples`
    asks a judge several times (self-consistency: Wang et al. 2023), `models` asks several judges; their
    answers are in the score's metadata. A ready-made rubric is at the newest version unless its name says
    `@version`; the plan pins version and content.

    What is judged may be hostile: an output can speak to the judge. Each text stands between tags that it
    cannot close (the `<` of such a tag is written `&lt;`), the judge is told that it is data, and the schema
    bounds the answer. That makes such attacks harder; it does not exclude them. A prompt of your own should
    put `<output>{{ output }}</output>` likewise.

    A judge's failure is never a score: the evaluation fails with the model's failure (`rate_limited`,
    `timeout`, `refused`, `wrong_schema` where the answer has another form after all repairs, …), with
    `no_majority` where a vote has no winner, with `too_large` beyond 200,000 characters of inputs or 200
    levels of nesting, and with `missing_expected` and `missing_key` where an input is not there. Where one of
    several judges fails the evaluation fails, too, unless `min_judges` are left.
    """

    type: Literal["llm_judge"] = "llm_judge"
    rubric: str | None = Field(
        None,
        description="The rubric to judge by: from `[rubrics]`, or a ready-made one, which `evalspec rubrics` "
        "lists.",
        examples=["correctness", "faithfulness@1"],
    )
    criteria: str | None = Field(
        None,
        description="What the judge is told to look at, instead of `rubric`; it names the inputs as "
        "`<output>`.",
        examples=["Decide whether <output> is polite."],
    )
    steps: list[str] = Field(
        default_factory=list,
        description="With `criteria`: the steps in which the judge comes to its verdict.",
    )
    scale: Scale | None = Field(
        None,
        description="With `criteria`: the verdict is a number.",
        examples=[{"min": 1, "max": 5, "integer": True}],
    )
    categories: Categories | None = Field(
        None,
        description="With `criteria`: the verdict is a label, of a list in ascending order, or of a table of "
        "label to value.",
        examples=[["poor", "fair", "good"], {"no": 0, "partly": 0.5, "yes": 1}],
    )
    direction: Direction | None = Field(
        None,
        description="With `criteria`: which way is better on the scale, or among categories with values. "
        "Without it `higher`.",
        examples=["lower"],
        json_schema_extra=DIRECTIONS,
    )
    inputs: dict[str, str] | None = Field(
        None,
        description="What the judge sees: an expression for each name. Without it `input`, `output` and, "
        "where an item has one, `expected_output`; with a rubric those that it names, of which all but these "
        "three have to stand here.",
        examples=[{"question": "input.question", "answer": "output", "context": "metadata.docs"}],
    )
    examples: list[ExampleFields] = Field(
        default_factory=list, description="Examples that the judge is shown before it is asked (few-shot)."
    )
    threshold: float | None = Field(
        None,
        description="Of a scale or categories with values: `passed` is whether the value is at least this, "
        "or at most this by a rubric whose `direction` is `lower`.",
        examples=[4],
    )
    score: str | None = Field(
        None, description="Name of the one score it gives, from `[scores]`: `passed`, `value` or `label`."
    )
    scores: dict[Literal["passed", "value", "label", "agreement"], str] | None = Field(
        None,
        description="Several scores, by key, instead of `score`.",
        examples=[{"value": "faithfulness", "passed": "faithful"}],
    )


class _LlmJudge:
    blocking = False
    observes = True

    def __init__(self, fields: Mapping[str, Any], loading: Loading) -> None:
        form = _form(fields)
        combine = fields["combine"]
        self._form = form
        self._threshold: float | None = fields.get("threshold")
        self._inputs = Inputs(fields["inputs"], fields.get("optional", ()))
        self._prompt = judge_prompt(fields, form, self._inputs, loading)
        self._judges = judges_of(fields, form, combine, fields.get("rubric", "llm_judge"), loading)
        self._panel = Panel(form, combine, fields["least"])
        self._keys: Sequence[str] = fields.get("keys", ())
        self._rubric: str | None = fields.get("rubric")

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        rendered = await self._prompt.render(self._inputs(subject.scope()))
        verdict = await self._panel({judge.name: partial(judge, rendered) for judge in self._judges})
        return scores_of(verdict, self._form, self._threshold, self._keys, {"rubric": self._rubric})


def scores_of(
    verdict: Verdict, form: Form, threshold: float | None, keys: Sequence[str], more: Mapping[str, Any]
) -> list[ScoreValue]:
    """The scores of a verdict, by keys, or the one that `score` names; comment and metadata are of all."""
    found: dict[str, Any] = {**results_of(form, verdict.answer, threshold), "agreement": verdict.agreement}
    metadata = {**{key: value for key, value in more.items() if value is not None}, **verdict.metadata}
    if not keys:
        return [ScoreValue(next(iter(found.values())), "", verdict.comment, metadata)]
    return [ScoreValue(found[key], key, verdict.comment, metadata) for key in keys]


def _form(fields: Mapping[str, Any]) -> Form:
    scale = fields.get("scale")
    scale = None if scale is None else Scale.model_validate(scale)
    return form_of(scale, fields.get("categories"), fields.get("direction"))


def _resolve(fields: LlmJudgeFields, resolving: Resolving) -> Resolved:
    rubric = _rubric(fields, resolving)
    if rubric is None:
        # The form is not known then; what does not depend on it is looked at all the same.
        given = fields.inputs or {}
        resolve_inputs(fields, given, resolving, given)
        resolve_judges(fields, Form("number"), given, resolving)
        return Resolved({}, {}, yields=_ANY_FORM)
    form = form_of(rubric.scale, rubric.categories, rubric.direction)
    inputs, optional = _inputs(fields, rubric, resolving)
    paths = resolve_inputs(fields, inputs, resolving, fields.inputs or {})
    judges = resolve_judges(fields, form, inputs, resolving)
    by = "these criteria" if fields.rubric is None else f"the rubric `{rubric.reference}`"
    check_stand_in(fields, by, inputs, resolving)
    if fields.threshold is not None:
        check_threshold(fields.threshold, form, fields.scores, resolving)
    examples = _examples(fields, form, inputs, optional, resolving)
    content = rubric.content()
    kept: dict[str, Any] = {**judges.kept, **content, "inputs": inputs}
    identity: dict[str, Any] = {**judges.identity, "rubric": rubric.digest, "inputs": inputs}
    for name, value in (("optional", optional), ("examples", examples), ("threshold", fields.threshold)):
        if value not in (None, []):
            kept[name] = identity[name] = value
    if fields.rubric is not None:
        kept["rubric"] = rubric.reference
        kept["rubric_digest"] = rubric.digest
    if fields.scores:
        kept["keys"] = identity["keys"] = sorted(fields.scores)
    keys = keys_of(form, judges.combine, threshold=fields.threshold is not None, several=judges.several)
    return Resolved(kept, identity, reads=paths, yields=_with_main(keys))


def _rubric(fields: LlmJudgeFields, resolving: Resolving) -> Rubric | None:
    """The rubric, or one of the criteria that stand here; None after a mistake was reported."""
    own = {
        "criteria": fields.criteria,
        "steps": fields.steps,
        "scale": fields.scale,
        "categories": fields.categories,
        "direction": fields.direction,
    }
    given = [name for name, value in own.items() if value not in (None, [])]
    if fields.rubric is not None:
        for name in given:
            message = f"`rubric` and `{name}` cannot stand together"
            expected = "a table `[rubrics.<name>]` with `extends`, to change a rubric"
            resolving.report("wrong-value", message, (name,), key=True, expected=expected)
        return resolving.rubric(("rubric",), fields.rubric)
    before = len(resolving.problems)
    if fields.criteria is None and fields.prompt is None:
        message = "the judge is not told what to look at"
        resolving.report("missing-field", message, expected="`rubric`, `criteria`, or a `prompt` of its own")
    check_form(fields.scale, fields.categories, resolving)
    check_direction(form_of(fields.scale, fields.categories or None), fields.direction, resolving)
    if len(resolving.problems) > before:
        return None
    # A prompt of the spec may say everything itself.
    return Rubric.model_construct(
        name="",
        criteria=fields.criteria or "",
        steps=fields.steps,
        scale=fields.scale,
        categories=fields.categories,
        direction=fields.direction or "higher",
    )


def _inputs(fields: LlmJudgeFields, rubric: Rubric, resolving: Resolving) -> tuple[dict[str, str], list[str]]:
    """What the judge sees, and what of it may be missing."""
    given = fields.inputs
    shown: dict[str, str] = dict(zip(DEFAULT_INPUTS, DEFAULT_INPUTS, strict=True))
    optional = [_OPTIONAL]
    if given is not None and not given and not rubric.inputs:
        expected = "at least one name"
        resolving.report("wrong-value", "the judge sees nothing", ("inputs",), expected=expected)
    elif fields.rubric is not None:
        found = rubric_inputs(rubric, given, resolving, own_prompt=fields.prompt is not None)
        if rubric.inputs or given is not None:
            shown, optional = found, []
    elif given is not None:
        shown, optional = dict(given), []
    if fields.rubric is None and fields.prompt is None:
        check_criteria(resolving, _criteria_texts(fields), shown, given or ())
    return shown, optional


def _criteria_texts(fields: LlmJudgeFields) -> dict[Where, str]:
    """What stands here of what the judge is told, by its place."""
    steps: dict[Where, str] = {("steps", index): step for index, step in enumerate(fields.steps)}
    return {("criteria",): fields.criteria or "", **steps}


def _examples(
    fields: LlmJudgeFields,
    form: Form,
    inputs: Mapping[str, str],
    optional: Sequence[str],
    resolving: Resolving,
) -> list[dict[str, Any]]:
    answers: dict[Where, bool | float | str] = {}
    kept: list[dict[str, Any]] = []
    for index, example in enumerate(fields.examples):
        at: Where = ("examples", index)
        for name in example.inputs:
            if name not in inputs:
                known = ", ".join(f"`{one}`" for one in inputs)
                message = f"the judge has no input `{name}`"
                resolving.report("unknown-field", message, (*at, "inputs", name), key=True, expected=known)
        for name in inputs:
            if name not in example.inputs and name not in optional:
                resolving.report("missing-field", f"the example needs the input `{name}`", (*at, "inputs"))
        if fields.reasoning and example.reasoning is None:
            message = "the judge is to give its reasoning, and the example has none"
            resolving.report("missing-field", message, at, expected="`reasoning`, or `reasoning = false`")
        answers[(*at, "verdict")] = example.verdict
        kept.append(_example(example, fields.reasoning, form))
    check_answers(form, answers, resolving)
    return kept


def _example(example: ExampleFields, reasoning: bool, form: Form) -> dict[str, Any]:
    verdict = example.verdict
    if form.integer and isinstance(verdict, float) and not isinstance(verdict, bool):
        verdict = round(verdict)
    tree: dict[str, Any] = {"inputs": dict(example.inputs)}
    if reasoning:
        tree["reasoning"] = example.reasoning or ""
    return {**tree, "verdict": verdict}


def _with_main(keys: Mapping[str, Yields]) -> dict[str, Yields]:
    return {"": next(iter(keys.values())), **keys}


def _yields(fields: LlmJudgeFields) -> Mapping[str, Yields]:
    """What the fields alone say; a rubric is known only where there is a spec around."""
    if fields.rubric is not None:
        return _ANY_FORM
    form = form_of(fields.scale, fields.categories or None, fields.direction)
    several = len(fields.models or ()) > 1 or fields.samples > 1
    combine = fields.combine or form.default_combine
    return _with_main(keys_of(form, combine, threshold=fields.threshold is not None, several=several))


def _build(fields: dict[str, Any], loading: Loading) -> _LlmJudge:
    return _LlmJudge(fields, loading)


KIND = EvaluatorKind(
    type="llm_judge",
    fields=LlmJudgeFields,
    semantics=1,
    yields=_yields,
    resolve=_resolve,
    build=_build,
    reads=lambda fields: tuple((fields.inputs or {}).values()) or DEFAULT_INPUTS,
    group="model_graded",
)
