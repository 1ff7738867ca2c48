"""`autoevals`: a scorer of the autoevals library."""

from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.autoevals_scorers import SCORERS, TABLE_VERSION, Scorer
from evalspec.evaluators.base import SHARE, Evaluator, EvaluatorKind, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.foreign import (
    check_arguments,
    check_inputs,
    check_model,
    present,
    report_unknown_part,
)
from evalspec.kinds.distributions import moved_distribution, pin_distribution
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "AutoevalsFields"]

_ANY: Final = Scorer((), any_input=True)
_NEEDED: Final = ("prompt_template", "choice_scores")
_DEFAULTS: Final = {"output": "output", "expected": "expected_output", "input": "input"}


class AutoevalsFields(OneScoreFields):
    """A scorer of the library [autoevals](https://github.com/braintrustdata/autoevals), from 0 to 1.

        [models.judge]
        model = "openai:gpt-5-mini"

        [evaluators.factual]
        type = "autoevals"
        scorer = "Factuality"
        model = "judge"
        inputs = { output = "output.answer", input = "input.question" }
        score = "factual"

    Without a model: `ExactMatch`, `Levenshtein`, `NumericDiff`, `JSONDiff`, `ListContains`, `ValidJSON`. With
    one that embeds: `EmbeddingSimilarity`, `AnswerSimilarity`. With one that answers: `Factuality`,
    `ClosedQA`, `Battle`, `Summary`, `Humor`, `Possible`, `Security`, `Sql`, `Translation`, `LLMClassifier`,
    `ContextPrecision`, `ContextRecall`, `ContextRelevancy`, `Faithfulness`. With both: `AnswerCorrectness`,
    `AnswerRelevancy`, `ContextEntityRecall`.

    Models are those of `[models]`, asked under their limits and the judges' budget, each request an
    observation of its own. Where autoevals forces the call of a function, a structured answer is asked for.
    A rationale is the comment. A scorer that gives no score skips the item; an exception of it fails the
    evaluation with `evaluation_failed`, too much work with `too_large` or `timeout`. What a score means is
    decided by the installed version of autoevals: a plan pins it, and it belongs to the digest.
    """

    type: Literal["autoevals"] = "autoevals"
    scorer: str = Field(
        description="Name of the scorer.", examples=["Factuality", "Levenshtein", "Faithfulness"]
    )
    inputs: dict[str, str] = Field(
        default_factory=dict,
        description="Expressions for what the scorer is called with, by parameter. `output`, `expected` and "
        "`input` are `output`, `expected_output` and `input` unless they stand here.",
        examples=[{"output": "output.answer", "context": "metadata.passages"}],
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict,
        description="Other arguments of the scorer.",
        examples=[{"use_cot": False}],
    )
    model: str | None = Field(
        None, description="The model that answers, from `[models]`.", examples=["judge"]
    )
    embeddings: str | None = Field(
        None, description="The model that embeds, from `[models]`.", examples=["embedder"]
    )


def _resolve(fields: AutoevalsFields, resolving: Resolving) -> Resolved:
    pin = pin_distribution(resolving, "autoevals", "autoevals")
    scorer = SCORERS.get(fields.scorer)
    if scorer is None:
        table = "autoevals", "scorer", fields.scorer, SCORERS, TABLE_VERSION
        report_unknown_part(resolving, *table, pin.get("version"))
        scorer = _ANY
    else:
        taken = (*scorer.arguments, *scorer.called_with)
        needed = [name for name in _NEEDED if name in taken]
        check_arguments(resolving, fields.scorer, fields.arguments, taken, needed)
        _check_schema(fields.arguments.get("schema"), resolving)
    inputs = _inputs(fields)
    check_inputs(fields, inputs, scorer.inputs, resolving, open_=scorer.any_input, what=fields.scorer)
    unknown = fields.scorer not in SCORERS
    model = check_model(resolving, "model", fields.model, None if unknown else scorer.chat)
    embeddings = check_model(
        resolving, "embeddings", fields.embeddings, None if unknown else scorer.embeddings
    )
    kept = {
        "scorer": fields.scorer,
        "distribution": pin,
        "inputs": inputs,
        "arguments": fields.arguments,
        "model": fields.model,
        "embeddings": fields.embeddings,
    }
    identity = {**kept, "model": model, "embeddings": embeddings}
    return Resolved(present(kept), present(identity), reads=None)


def _inputs(fields: AutoevalsFields) -> dict[str, str]:
    """The expressions for what the scorer is called with, those that go without saying included."""
    scorer = SCORERS.get(fields.scorer)
    taken = () if scorer is None else scorer.inputs
    return {**{name: _DEFAULTS[name] for name in taken if name in _DEFAULTS}, **fields.inputs}


def _check_schema(schema: Any, resolving: Resolving) -> None:
    """What autoevals validates by would be fetched where it leads elsewhere."""
    from evalspec.checking.schemas import problems_of

    if schema is not None:
        for problem in problems_of(schema):
            at = ("arguments", "schema", *problem.steps)
            resolving.report(problem.code, problem.message, at, severity=problem.severity)


def _build(fields: dict[str, Any], loading: Loading) -> Evaluator:
    from evalspec.evaluators.autoevals_calling import AskingScorer, ComputingScorer

    require("autoevals", "autoevals")
    scorer = SCORERS.get(fields["scorer"])
    if scorer is not None and not (scorer.chat or scorer.embeddings):
        return ComputingScorer(fields)
    return AskingScorer(fields, loading.door())


KIND = EvaluatorKind(
    type="autoevals",
    fields=AutoevalsFields,
    semantics=1,
    yields=lambda fields: {"": SHARE},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: tuple(_inputs(fields).values()),
    group="custom",
    extra="autoevals",
    moved=lambda fields, loading: moved_distribution(fields["distribution"]),
)
