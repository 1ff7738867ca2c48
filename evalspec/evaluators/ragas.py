"""`ragas`: a metric of the Ragas library."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, Evaluator, EvaluatorKind, OneScoreFields
from evalspec.evaluators.extras import require
from evalspec.evaluators.foreign import (
    check_arguments,
    check_inputs,
    check_model,
    present,
    report_unknown_part,
)
from evalspec.evaluators.ragas_metrics import METRICS, TABLE_VERSION
from evalspec.kinds.distributions import moved_distribution, pin_distribution
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "RagasFields"]

_DEFAULTS: Final = {"user_input": "input", "response": "output", "reference": "expected_output"}


class RagasFields(OneScoreFields):
    """A metric of the library [Ragas](https://docs.ragas.io) that asks models, from 0 to 1.

        [models.judge]
        model = "openai:gpt-5-mini"

        [evaluators.grounded]
        type = "ragas"
        metric = "Faithfulness"
        model = "judge"
        inputs = { response = "output.answer", retrieved_contexts = "output.passages" }
        score = "grounded"

    `metric` is the name of a class in `ragas.metrics.collections`, `inputs` are what it is called with.
    Models are those of `[models]`, asked under their limits and the judges' budget, each request an
    observation of its own. A reason is the comment. Ragas 0.4.3 cannot be installed together with the extra
    `models`: the newest `instructor`, which it needs, asks for `jiter` below 0.15, and the `openai` that the
    extra needs for 0.16 or later. Until one of them moves, its models are the embedded and local ones.

    An exception of the metric fails the evaluation with `evaluation_failed`; a value that is no number
    (Ragas says NaN where there is nothing to divide by) with `invalid_result`. Ragas' tracking is switched
    off before it is imported. What a score means is decided by the installed version of Ragas: a plan pins
    it, and it belongs to the digest.
    """

    type: Literal["ragas"] = "ragas"
    metric: str = Field(description="Name of the metric's class.", examples=["Faithfulness"])
    inputs: dict[str, str] = Field(
        default_factory=dict,
        description="Expressions for what the metric is called with. `user_input`, `response` and "
        "`reference` are `input`, `output` and `expected_output` where the metric needs them, unless they "
        "stand here.",
        examples=[{"response": "output.answer", "retrieved_contexts": "output.passages"}],
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="Other arguments of the metric.", examples=[{"mode": "recall"}]
    )
    model: str | None = Field(None, description="The model that judges, from `[models]`.", examples=["judge"])
    embeddings: str | None = Field(
        None, description="The model that embeds, from `[models]`.", examples=["embedder"]
    )


def _inputs(fields: RagasFields) -> dict[str, str]:
    """The expressions for the sample, those that go without saying included."""
    metric = METRICS.get(fields.metric)
    needed = () if metric is None else metric.inputs
    return {**{name: _DEFAULTS[name] for name in needed if name in _DEFAULTS}, **fields.inputs}


def _resolve(fields: RagasFields, resolving: Resolving) -> Resolved:
    pin = pin_distribution(resolving, "ragas", "ragas")
    metric, inputs = METRICS.get(fields.metric), _inputs(fields)
    if metric is None:
        table = "Ragas", "metric", fields.metric, METRICS, TABLE_VERSION
        report_unknown_part(resolving, *table, pin.get("version"))
        check_inputs(fields, inputs, (), resolving, open_=True, what=fields.metric)
    else:
        check_arguments(resolving, fields.metric, fields.arguments, metric.arguments)
        known = (*metric.inputs, *metric.optional)
        check_inputs(
            fields, inputs, known, resolving, open_=False, what=fields.metric, required=metric.inputs
        )
    model = check_model(resolving, "model", fields.model, None if metric is None else True)
    asked = None if metric is None else metric.embeddings
    embeddings = check_model(resolving, "embeddings", fields.embeddings, asked)
    kept: Mapping[str, Any] = {
        "metric": fields.metric,
        "distribution": pin,
        "inputs": inputs,
        "arguments": fields.arguments,
        "model": fields.model,
        "embeddings": fields.embeddings,
    }
    return Resolved(present(kept), present({**kept, "model": model, "embeddings": embeddings}))


def _build(fields: dict[str, Any], loading: Loading) -> Evaluator:
    from evalspec.evaluators.ragas_calling import RagasEvaluator

    require("ragas", "ragas")
    return RagasEvaluator(fields, loading.door())


KIND = EvaluatorKind(
    type="ragas",
    fields=RagasFields,
    semantics=1,
    yields=lambda fields: {"": SHARE},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: tuple(_inputs(fields).values()),
    group="custom",
    extra="ragas",
    moved=lambda fields, loading: moved_distribution(fields["distribution"]),
)
