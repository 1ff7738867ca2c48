"""`deepeval`: a metric of the DeepEval library."""

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field

from evalspec.evaluators.base import SHARE, Evaluator, EvaluatorKind, OneScoreFields
from evalspec.evaluators.deepeval_metrics import INPUTS, METRICS, TABLE_VERSION, Metric
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

__all__ = ["KIND", "DeepevalFields"]

_DEFAULTS: Final = {
    "input": "input",
    "actual_output": "output",
    "expected_output": "expected_output",
}


class DeepevalFields(OneScoreFields):
    """A metric of the library [DeepEval](https://deepeval.com) over one turn, from 0 to 1.

        [models.judge]
        model = "openai:gpt-5-mini"

        [evaluators.grounded]
        type = "deepeval"
        metric = "FaithfulnessMetric"
        model = "judge"
        inputs = { actual_output = "output.answer", retrieval_context = "output.passages" }
        score = "grounded"

    `inputs` fill a test case of DeepEval. `GEval` looks at those that the spec names, and takes `name` and
    `criteria` or `evaluation_steps` as arguments. The model is one of `[models]`, asked under its limits
    and the judges' budget, each request an observation of its own. The metric's reason is the comment.

    A metric that DeepEval skips skips the item; an exception of it fails the evaluation with
    `evaluation_failed`, an input that has to be text and is none with `not_text`. DeepEval's telemetry is
    switched off before it is imported. What a score means is decided by the installed version of
    DeepEval: a plan pins it, and it belongs to the digest.
    """

    type: Literal["deepeval"] = "deepeval"
    metric: str = Field(description="Name of the metric's class.", examples=["FaithfulnessMetric", "GEval"])
    inputs: dict[str, str] = Field(
        default_factory=dict,
        description="Expressions for the fields of the test case. `input`, `actual_output` and "
        "`expected_output` are `input`, `output` and `expected_output` where the metric needs them, unless "
        "they stand here.",
        examples=[{"actual_output": "output.answer", "retrieval_context": "output.passages"}],
    )
    arguments: dict[str, Any] = Field(
        default_factory=dict, description="Other arguments of the metric.", examples=[{"strict_mode": True}]
    )
    model: str | None = Field(None, description="The model that judges, from `[models]`.", examples=["judge"])


def _inputs(fields: DeepevalFields) -> dict[str, str]:
    """The expressions for the test case, those that go without saying included."""
    metric = METRICS.get(fields.metric)
    needed = () if metric is None else metric.inputs
    return {**{name: _DEFAULTS[name] for name in needed if name in _DEFAULTS}, **fields.inputs}


def _resolve(fields: DeepevalFields, resolving: Resolving) -> Resolved:
    pin = pin_distribution(resolving, "deepeval", "deepeval")
    metric = METRICS.get(fields.metric)
    inputs = _inputs(fields)
    if metric is None:
        known = "DeepEval", "metric", fields.metric, METRICS, TABLE_VERSION
        report_unknown_part(resolving, *known, pin.get("version"))
    else:
        check_arguments(resolving, fields.metric, fields.arguments, metric.arguments, metric.required)
        if fields.metric == "GEval" and not fields.inputs:
            message = "`GEval` needs `inputs` that say what it looks at"
            resolving.report("missing-field", message)
    required = () if metric is None else metric.inputs
    check_inputs(fields, inputs, INPUTS, resolving, open_=False, what=fields.metric, required=required)
    model = check_model(resolving, "model", fields.model, None if metric is None else metric.chat)
    kept: Mapping[str, Any] = {
        "metric": fields.metric,
        "distribution": pin,
        "inputs": inputs,
        "arguments": fields.arguments,
        "model": fields.model,
    }
    return Resolved(present(kept), present({**kept, "model": model}))


def _build(fields: dict[str, Any], loading: Loading) -> Evaluator:
    from evalspec.evaluators.deepeval_calling import DeepevalEvaluator

    require("deepeval", "deepeval")
    metric = METRICS.get(fields["metric"], Metric(()))
    return DeepevalEvaluator(fields, loading.door() if metric.chat else None)


KIND = EvaluatorKind(
    type="deepeval",
    fields=DeepevalFields,
    semantics=1,
    yields=lambda fields: {"": SHARE},
    resolve=_resolve,
    build=_build,
    reads=lambda fields: tuple(_inputs(fields).values()),
    group="custom",
    extra="deepeval",
    moved=lambda fields, loading: moved_distribution(fields["distribution"]),
)
