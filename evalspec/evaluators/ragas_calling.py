"""Calling metrics of Ragas, whose models are ours. Imports Ragas where an evaluator is made."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.evaluators.foreign import Inputs
from evalspec.kinds.evaluations import NotAnEvaluation, read_evaluation
from evalspec.kinds.generations import Asking, embed, generate
from evalspec.kinds.importing import LoadError
from evalspec.kinds.wording import message_of
from evalspec.models import ModelError
from evalspec.models.client import Models

__all__ = ["RagasEvaluator"]


class RagasEvaluator:
    """A metric over one sample."""

    blocking = False
    observes = True

    def __init__(self, fields: Mapping[str, Any], models: Models) -> None:
        # Nothing leaves the machine unasked. Whoever has set it has asked.
        os.environ.setdefault("RAGAS_DO_NOT_TRACK", "true")
        import ragas.metrics.collections as collections

        name = fields["metric"]
        given = dict(fields.get("arguments", {}))
        if "model" in fields:
            given["llm"] = _judge(models, fields["model"], name)
        if "embeddings" in fields:
            given["embeddings"] = _embedder(models, fields["embeddings"], name)
        self._inputs = Inputs(fields["inputs"])
        try:
            self._metric = getattr(collections, name)(**given)
        except Exception as error:  # noqa: BLE001 - the constructor may refuse its arguments in any way
            raise LoadError(f"the metric `{name}` of Ragas cannot be made: {message_of(error)}") from None

    async def __call__(self, subject: Subject) -> Sequence[ScoreValue]:
        given = self._inputs(subject)
        try:
            result = await self._metric.ascore(**given)
        except (ModelError, EvaluationError):
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {message_of(error)}"
            raise EvaluationError("evaluation_failed", message) from error
        try:
            found = read_evaluation({"value": result.value, "comment": result.reason or None})
        except NotAnEvaluation as error:
            raise EvaluationError("invalid_result", str(error)) from None
        return (ScoreValue(found.value, comment=found.comment),)


def _judge(models: Models, name: str, label: str) -> Any:
    """A model of ours in the form that metrics of Ragas ask."""
    from ragas.llms.base import InstructorBaseRagasLLM

    class Judge(InstructorBaseRagasLLM):  # type: ignore[misc]  # it is not installed where types are checked
        """Asks the model `name` for an instance of a pydantic model."""

        is_async = True

        def generate(self, prompt: str, response_model: Any) -> Any:
            raise EvaluationError("evaluation_failed", "the metric asks its model without waiting for it")

        async def agenerate(self, prompt: str, response_model: Any) -> Any:
            schema = response_model.model_json_schema()
            asking = Asking(models, name, "judge", label, schema=schema)
            reply = await generate(asking, [{"role": "user", "content": prompt}])
            return response_model.model_validate(reply.data)

    return Judge()


def _embedder(models: Models, name: str, label: str) -> Any:
    """A model of ours in the form in which metrics of Ragas ask for embeddings."""
    from ragas.embeddings.base import BaseRagasEmbedding

    class Embedder(BaseRagasEmbedding):  # type: ignore[misc]  # it is not installed where types are checked
        """Asks the model `name` for vectors."""

        def embed_text(self, text: str, **options: Any) -> list[float]:
            raise EvaluationError("evaluation_failed", "the metric asks its model without waiting for it")

        async def aembed_text(self, text: str, **options: Any) -> list[float]:
            return (await self.aembed_texts([text]))[0]

        async def aembed_texts(self, texts: list[str], **options: Any) -> list[list[float]]:
            return (await embed(models, name, texts, use="judge", label=label)).vectors

    return Embedder()
