"""The fields that judges share, and how they are resolved."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import EvaluatorFields
from evalspec.evaluators.expressions import names_for
from evalspec.evaluators.judge_prompts import RESERVED
from evalspec.evaluators.verdicts import Combine, Form
from evalspec.kinds.fields import meanings
from evalspec.kinds.resolving import Resolving, Where
from evalspec.models.embedded.overlap import lacking, sections_in
from evalspec.plan.model import Direction, PlanPrompt
from evalspec.plan.numbers import in_words
from evalspec.rubrics.model import Categories, Scale

__all__ = [
    "DIRECTIONS",
    "JudgeFields",
    "ResolvedJudges",
    "check_answers",
    "check_direction",
    "check_form",
    "check_stand_in",
    "check_threshold",
    "check_threshold_used",
    "resolve_inputs",
    "resolve_judges",
]

DIRECTIONS: Final = meanings(
    higher="The higher, the better; `threshold` is the least that passes.",
    lower="The lower, the better, as of something bad; `threshold` is the most that passes.",
    none="Neither way is better, and there is no `threshold`.",
)
"""What the directions of a rubric mean, for editors."""

_NO_ANSWERS: Final = ("embedded:hash", "local:")
_NAME_RULE: Final = "a small letter, then small letters, digits and `_`"


class JudgeFields(EvaluatorFields):
    """Fields of an evaluator that asks one judge, or several."""

    model: str | None = Field(
        None, description="Name of the model that judges, from `[models]`.", examples=["judge"]
    )
    models: list[str] | None = Field(
        None,
        description="Names of several models that judge, instead of `model`.",
        examples=[["gpt", "claude"]],
    )
    combine: Combine | None = Field(
        None,
        description="How several answers become one: those of several judges, and those of one judge that is "
        "asked several times. Without it `mean` on a scale, else `vote`.",
        json_schema_extra=meanings(
            vote="The most frequent answer; where two are equally frequent the evaluation fails.",
            mean="The mean of the numbers on the scale, or of the values of the categories.",
            median="Their median.",
        ),
    )
    min_judges: int | None = Field(
        None,
        ge=1,
        description="How many of several judges have to answer. Without it all have to, and the evaluation "
        "fails where one fails.",
        examples=[2],
    )
    samples: int = Field(
        1,
        ge=1,
        le=25,
        description="How often each judge is asked; more than once makes sense with a temperature above 0.",
    )
    reasoning: bool = Field(
        True,
        description="Whether the judge gives its grounds before its verdict; they become the score's "
        "comment.",
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of the request, before those of the model.",
        examples=[{"temperature": 0}],
    )
    prompt: str | None = Field(
        None,
        description="Name of a prompt, from `[prompts]`, instead of the built-in one. It has the inputs by "
        "name as texts, `criteria`, and `scale`, which says what a verdict may be.",
        examples=["judge_prompt"],
    )


@dataclass(frozen=True, slots=True)
class ResolvedJudges:
    """What a plan keeps of the shared fields, and what the digest covers."""

    kept: dict[str, Any]
    identity: dict[str, Any]
    combine: Combine

    @property
    def several(self) -> bool:
        """Whether there are several answers."""
        return len(self.kept.get("models", ())) > 1 or self.kept["samples"] > 1


def resolve_judges(
    fields: JudgeFields, form: Form, names: Mapping[str, Any], resolving: Resolving
) -> ResolvedJudges:
    """Look up models and prompt, and check what stands beside them. `names` are those of the inputs."""
    combine = _combine(fields, form, resolving)
    models, digests = _models(fields, resolving)
    if fields.min_judges is not None and fields.min_judges > len(models):
        message = f"there are {len(models)} judges, of which {fields.min_judges} cannot answer"
        resolving.report("out-of-range", message, ("min_judges",), expected=f"at most {len(models)}")
    kept: dict[str, Any] = {
        "models": models,
        "combine": combine,
        "least": fields.min_judges or len(models),
        "samples": fields.samples,
        "reasoning": fields.reasoning,
    }
    identity: dict[str, Any] = {"models": sorted(digests)}
    if len(models) > 1 or fields.samples > 1 or combine != form.default_combine:
        identity["combine"] = combine
    if fields.min_judges not in (None, len(models)):
        identity["min_judges"] = fields.min_judges
    if fields.samples > 1:
        identity["samples"] = fields.samples
    if not fields.reasoning:
        identity["reasoning"] = False
    if fields.parameters:
        kept["parameters"] = identity["parameters"] = fields.parameters
    if fields.prompt is not None:
        prompt = resolving.prompt(("prompt",), fields.prompt, {*names, *RESERVED})
        kept["prompt"] = fields.prompt
        identity["prompt"] = prompt.digest if prompt is not None else ""
    return ResolvedJudges(kept, identity, combine)


def _combine(fields: JudgeFields, form: Form, resolving: Resolving) -> Combine:
    if fields.combine is None:
        return form.default_combine
    if fields.combine != "vote" and not form.has_value:
        what = "true and false have" if form.type == "boolean" else "categories without values have"
        message = f"{what} no {fields.combine}"
        resolving.report("wrong-value", message, ("combine",), expected='`combine = "vote"`')
        return "vote"
    return fields.combine


def _models(fields: JudgeFields, resolving: Resolving) -> tuple[list[str], list[str]]:
    """Names and digests of the models."""
    at: Where
    if (fields.model is None) == (fields.models is None):
        neither = fields.model is None
        message = "nobody judges" if neither else "`model` and `models` cannot stand together"
        code = "missing-field" if neither else "wrong-value"
        at = () if neither else ("models",)
        resolving.report(code, message, at, key=True, expected="`model`, or `models` for several judges")
        return [], []
    places = _places(fields)
    if not places:
        resolving.report("wrong-value", "`models` is empty", ("models",), expected="at least one model")
    digests: list[str] = []
    seen: list[str] = []
    for at, name in places:
        if name in seen:
            message = f"`{name}` judges already"
            resolving.report("wrong-value", message, at, expected="`samples` to ask one judge several times")
            continue
        seen.append(name)
        model = resolving.model(at, name)
        if model is not None:
            digests.append(model.digest)
            if model.model.startswith(_NO_ANSWERS):
                message = f"`{model.model}` makes embeddings and gives no verdicts"
                resolving.report("wrong-value", message, at, expected="a model that answers")
    return seen, digests


def _places(fields: JudgeFields) -> list[tuple[Where, str]]:
    """The names of the models, with their places."""
    if fields.model is not None:
        return [(("model",), fields.model)]
    return [(("models", index), name) for index, name in enumerate(fields.models or ())]


def check_stand_in(fields: JudgeFields, by: str, shown: Collection[str], resolving: Resolving) -> None:
    """Report an embedded judge that lacks what it compares: it would fail for every item.

    `by` says what it judges by; `shown` are the names of the inputs. Where these are wrong it is not known
    what is missing.
    """
    if any(problem.at[:1] == ("inputs",) for problem in resolving.problems):
        return
    if fields.prompt is not None:
        prompt = resolving.used_prompts.get(fields.prompt)
        last = None if prompt is None else _last_asked(prompt)
        if last is None:
            return
        by, shown = f"the prompt `{fields.prompt}`", sections_in(last)
    lack = lacking(shown)
    for at, name in _places(fields):
        model = resolving.models.get(name)
        if lack is not None and model is not None and model.model == "embedded:overlap":
            message = f"`embedded:overlap` cannot judge by {by}: it is shown {lack}"
            expected = "a language model, or `embedded:rules`"
            resolving.report("wrong-value", message, at, expected=expected)


def _last_asked(prompt: PlanPrompt) -> str | None:
    """The template of the last message of the user; None where that is known only with an item."""
    for message in reversed(prompt.messages):
        if message.role == "placeholder":
            return None
        if message.role == "user":
            parts = message.parts or ()
            return message.content or "\n".join(part.get("text", "") for part in parts)
    return ""


def resolve_inputs(
    fields: EvaluatorFields, inputs: Mapping[str, str], resolving: Resolving, given: Mapping[str, str]
) -> tuple[str, ...]:
    """Check the expressions for what a judge sees, of which `given` stand in the spec.

    The answer is the paths that they read.
    """
    paths: set[str] = set()
    for name, text in inputs.items():
        if name in given:
            well_formed = name.isascii() and name.isidentifier() and name == name.lower() and name[0] != "_"
            if not well_formed or name in RESERVED:
                message = f"`{name}` cannot be the name of an input"
                expected = _NAME_RULE if not well_formed else "another name: a prompt has this one already"
                resolving.report("invalid-name", message, ("inputs", name), key=True, expected=expected)
        paths |= set(resolving.expression(("inputs", name), text, names_for(fields)))
    return tuple(sorted(paths))


def check_form(scale: Scale | None, categories: Categories | None, resolving: Resolving) -> None:
    """Report a form of verdicts that is none."""
    if scale is not None and categories is not None:
        message = "`scale` and `categories` cannot stand together"
        resolving.report("wrong-value", message, ("categories",), key=True, expected="one of the two")
    if scale is not None:
        if scale.min >= scale.max:
            message = f"no scale leads from {scale.min:g} to {scale.max:g}"
            resolving.report("invalid-bounds", message, ("scale", "min"), expected=f"less than {scale.max:g}")
        for name, bound in (("min", scale.min), ("max", scale.max)):
            if scale.integer and not bound.is_integer():
                message = f"{bound:g} is no whole number"
                resolving.report("invalid-bounds", message, ("scale", name), expected="a whole number")
    if categories is not None:
        labels = list(categories)
        if len(labels) < 2 or "" in labels:
            message = "a verdict is one of several categories, each with a name"
            resolving.report("invalid-categories", message, ("categories",), expected="two at least")
        for index, label in enumerate(labels):
            if label in labels[:index]:
                message = f"`{label}` stands here a second time"
                resolving.report("invalid-categories", message, ("categories", index))


def check_direction(form: Form, direction: Direction | None, resolving: Resolving) -> None:
    """Report a direction of verdicts of which none is better than another."""
    if direction is not None and not form.has_value:
        if form.type == "boolean":
            message = "a verdict that is true or false has no direction: true is what passes"
        else:
            message = "categories without values have no direction"
        expected = "a `scale`, or `categories` with values"
        resolving.report("wrong-value", message, ("direction",), key=True, expected=expected)


def check_threshold(
    threshold: float, form: Form, scores: Mapping[Any, str] | None, resolving: Resolving
) -> None:
    """Report a threshold that decides nothing."""
    lower = form.direction == "lower"
    always = threshold >= form.high if lower else threshold <= form.low
    never = threshold < form.low if lower else threshold > form.high
    if not form.has_value:
        message = "the verdict is no number, so there is nothing to compare with"
        expected = "a `scale`, or `categories` with values"
        resolving.report("wrong-value", message, ("threshold",), key=True, expected=expected)
    elif form.direction == "none":
        message = "by the rubric neither way is better, so there is nothing to pass"
        expected = 'a rubric whose `direction` is `"higher"` or `"lower"`'
        resolving.report("wrong-value", message, ("threshold",), key=True, expected=expected)
    elif always or never:
        message = (
            f"`passed` would {'always' if always else 'never'} be true: verdicts go from "
            f"{in_words(form.low)} to {in_words(form.high)}, and {'at most' if lower else 'at least'} "
            f"{in_words(threshold)} passes"
        )
        resolving.report("out-of-range", message, ("threshold",))
    else:
        check_threshold_used(scores, resolving)


def check_threshold_used(scores: Mapping[Any, str] | None, resolving: Resolving) -> None:
    """Report a threshold that decides nothing, because `passed` is no score."""
    if scores is None or "passed" not in scores:
        message = "nothing is done with the threshold"
        expected = "`passed` among `scores`"
        resolving.report("wrong-value", message, ("threshold",), key=True, expected=expected)


def check_answers(form: Form, answers: Mapping[Where, bool | float | str], resolving: Resolving) -> None:
    """Report answers in the spec that are none of the form's."""
    for at, answer in answers.items():
        fits: dict[Literal["boolean", "number", "label"], bool] = {
            "boolean": isinstance(answer, bool),
            "number": isinstance(answer, float)
            and form.low <= answer <= form.high
            and (not form.integer or answer.is_integer()),
            "label": answer in form.labels,
        }
        if not fits[form.type]:
            resolving.report("wrong-value", "this is no verdict here", at, expected=form.words())
