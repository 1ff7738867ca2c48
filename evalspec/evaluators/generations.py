"""What evaluators of the runtime group share: the model calls among a task's observations."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from pydantic import Field

from evalspec.evaluators.base import EvaluationError, EvaluatorFields, Subject
from evalspec.evaluators.observing import observed
from evalspec.kinds.observations import Observation

__all__ = ["GENERATIONS", "MODEL_CALLS", "GenerationFields", "billed", "chosen"]

GENERATIONS: Final = frozenset({"generation"})
"""The types of observation that answer."""

MODEL_CALLS: Final = frozenset({"generation", "embedding"})
"""The types of observation that take tokens and cost money."""


class GenerationFields(EvaluatorFields):
    """Fields of an evaluator that looks at calls of models."""

    name: str | None = Field(
        None, description="Only observations of this name; without it all.", examples=["answer"]
    )


def chosen(subject: Subject, fields: Mapping[str, Any], types: Collection[str]) -> Sequence[Observation]:
    """The observations of these types, and of the resolved field `name` where it is there."""
    name = fields.get("name")
    return [one for one in observed(subject) if one.type in types and name in (None, one.name)]


def billed(
    subject: Subject, fields: Mapping[str, Any], attribute: str, kind: str, what: str
) -> Sequence[Observation]:
    """The model calls that say their `attribute`.

    Those that failed and say nothing are left out. EvaluationError `kind` where there are no others, or where
    one does not say: a sum over the rest would lie.
    """
    counted: list[Observation] = []
    for one in chosen(subject, fields, MODEL_CALLS):
        if getattr(one, attribute) is not None:
            counted.append(one)
        elif one.level != "ERROR":
            raise EvaluationError(kind, f"the {one.type} {one.name!r:.80} does not say {what}")
    if not counted:
        raise EvaluationError(kind, f"the task has no generation that says {what}")
    return counted
