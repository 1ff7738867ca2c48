"""`autoevals`: a scorer of the autoevals library."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.diagnostics import Severity, closest
from evalspec.evaluators.autoevals_scorers import SCORERS, TABLE_VERSION, Scorer
from evalspec.evaluators.base import SHARE, Evaluator, EvaluatorKind, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.foreign import check_inputs, check_model
from evalspec.kinds.distributions import moved_distribution, pin_distribution
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "AutoevalsFields"]

_ANY: Final = Scorer((), any_input=True)
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
        _report_unknown(fields.scorer, pin.get("version"), resolving)
        scorer = _ANY
    else:
        _check_arguments(fields, scorer, resolving)
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
    return Resolved(_present(kept), _present(identity), reads=None)


def _inputs(fields: AutoevalsFields) -> dict[str, str]:
    """The expressions for what the scorer is called with, those that go without saying included."""
    scorer = SCORERS.get(fields.scorer)
    taken = () if scorer is None else scorer.inputs
    return {**{name: _DEFAULTS[name] for name in taken if name in _DEFAULTS}, **fields.inputs}


def _present(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None and value != {}}


def _report_unknown(name: str, installed: str | None, resolving: Resolving) -> None:
    near = closest(name, SCORERS)
    expected = None if near else ", ".join(f"`{one}`" for one in SCORERS)
    other = installed is not None and installed != TABLE_VERSION
    message = f"autoevals {TABLE_VERSION} has no scorer `{name}`"
    if other:
        message += f", and what version {installed} has is not known here"
    severity = Severity.WARNING if other else Severity.ERROR
    resolving.report(
        "wrong-value", message, ("scorer",), suggestion=near, expected=expected, severity=severity
    )


def _check_arguments(fields: AutoevalsFields, scorer: Scorer, resolving: Resolving) -> None:
    known = (*scorer.arguments, *scorer.called_with)
    for name in fields.arguments:
        if name not in known:
            near = closest(name, known)
            listing = ", ".join(f"`{one}`" for one in known) or "no `arguments`"
            message = f"`{fields.scorer}` has no argument `{name}`"
            at = ("arguments", name)
            resolving.report(
                "unknown-field", message, at, key=True, suggestion=near, expected=None if near else listing
            )
    for name in ("prompt_template", "choice_scores"):
        if name in known and name not in fields.arguments:
            message = f"`{fields.scorer}` needs the argument `{name}`"
            resolving.report("missing-field", message, ("arguments",) if fields.arguments else ())
    _check_schema(fields.arguments.get("schema"), resolving)


def _check_schema(schema: Any, resolving: Resolving) -> None:
    """What autoevals validates by would be fetched where it leads elsewhere."""
    from evalspec.evaluators.schemas import problems_of

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
    moved=lambda fields: moved_distribution(fields["distribution"]),
)
