"""Calling metrics of DeepEval, whose models are ours. Imports DeepEval where an evaluator is made."""

import os
from collections.abc import Mapping, Sequence
from typing import Any, Final

from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.evaluators.expressions import type_name
from evalspec.evaluators.foreign import Inputs
from evalspec.kinds.evaluations import NotAnEvaluation, read_evaluation
from evalspec.kinds.generations import Asking, generate
from evalspec.kinds.importing import LoadError
from evalspec.kinds.wording import message_of
from evalspec.models import ModelError
from evalspec.models.client import Models

__all__ = ["DeepevalEvaluator"]

_QUIET: Final = {
    "DEEPEVAL_TELEMETRY_OPT_OUT": "1",
    "DEEPEVAL_DISABLE_DOTENV": "1",
    "CONFIDENT_TRACING_ENABLED": "NO",
}
"""Nothing leaves the machine unasked: no telemetry, no traces, no file of settings that happens to lie here.
Whoever has set one of them has asked.
"""
_TEXTS: Final = frozenset({"input", "actual_output", "expected_output"})
_TOOLS: Final = frozenset({"tools_called", "expected_tools"})


class DeepevalEvaluator:
    """A metric over one turn. DeepEval's metrics hold the state of one measurement, so each has its own."""

    blocking = False
    observes = True

    def __init__(self, fields: Mapping[str, Any], models: Models | None) -> None:
        for name, value in _QUIET.items():
            os.environ.setdefault(name, value)
        import deepeval.metrics
        from deepeval.test_case import LLMTestCase, SingleTurnParams, ToolCall

        self._inputs = Inputs(fields["inputs"])
        self._case, self._tool = LLMTestCase, ToolCall
        self._arguments = dict(fields.get("arguments", {}))
        if models is not None and "model" in fields:
            self._arguments["model"] = _judge(models, fields["model"], fields["metric"])
        if fields["metric"] == "GEval":
            self._arguments["evaluation_params"] = [SingleTurnParams(name) for name in fields["inputs"]]
        try:
            self._metric = getattr(deepeval.metrics, fields["metric"])
            self._metric(**self._arguments)
        except Exception as error:  # noqa: BLE001 - the constructor may refuse its arguments in any way
            message = f"the metric `{fields['metric']}` of DeepEval cannot be made: {message_of(error)}"
            raise LoadError(message) from None

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        given = self._inputs(subject)
        for name in _TEXTS & given.keys():
            if not isinstance(given[name], str):
                raise EvaluationError("not_text", f"`inputs.{name}` is {type_name(given[name])} and not text")
        metric = self._metric(**self._arguments)
        try:
            for name in _TOOLS & given.keys():
                given[name] = [self._tool(**call) for call in given[name]]
            case = self._case(**{"input": "", **given})
            await metric.a_measure(case, _show_indicator=False)
        except (ModelError, EvaluationError):
            raise
        except Exception as error:
            raise EvaluationError(
                "evaluation_failed", f"{type(error).__name__}: {message_of(error)}"
            ) from error
        if metric.error:
            raise EvaluationError("evaluation_failed", str(metric.error))
        skipped = getattr(metric, "skipped", False)
        try:
            found = read_evaluation(
                {"value": None if skipped else metric.score, "comment": metric.reason or None}
            )
        except NotAnEvaluation as error:
            raise EvaluationError("invalid_result", str(error)) from None
        return (ScoreValue(found.value, comment=found.comment),)


def _judge(models: Models, name: str, label: str) -> Any:
    """A model of ours in the form that DeepEval's metrics ask."""
    from deepeval.models import DeepEvalBaseLLM

    class Judge(DeepEvalBaseLLM):  # type: ignore[misc]  # it is not installed where types are checked
        """Asks the model `name`; with a schema the answer is an instance of it."""

        def load_model(self, *args: Any, **kwargs: Any) -> Any:
            return self

        def get_model_name(self, *args: Any, **kwargs: Any) -> str:
            return name

        def generate(self, *args: Any, **kwargs: Any) -> Any:
            raise EvaluationError("evaluation_failed", "the metric asks its model without waiting for it")

        async def a_generate(self, prompt: str, schema: Any = None) -> Any:
            tree = None if schema is None else schema.model_json_schema()
            asking = Asking(models, name, "judge", label, schema=tree)
            reply = await generate(asking, [{"role": "user", "content": prompt}])
            return reply.text if schema is None else schema.model_validate(reply.data)

    return Judge(name)
