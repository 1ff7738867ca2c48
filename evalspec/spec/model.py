"""A spec whose structure is right: every section typed, nothing resolved yet."""

from dataclasses import dataclass, field
from typing import Any, cast

from evalspec.datasets.base import DatasetFields
from evalspec.evaluators.base import EvaluatorFields
from evalspec.kinds.fields import KindFields, variants_of
from evalspec.prompts.base import PromptFields
from evalspec.spec.sections import (
    GateFields,
    LimitsFields,
    ModelFields,
    RubricFields,
    RunFields,
    ScoreFields,
)
from evalspec.tasks.base import TaskFields


@dataclass(slots=True)
class Spec:
    """The sections of a spec.

    A section that has a mistake of structure is absent here; its mistake is among the diagnostics, and the
    rest of the spec is still looked at.
    """

    name: str = ""
    description: str | None = None
    tags: list[str] = field(default_factory=list)
    models: dict[str, ModelFields] = field(default_factory=dict)
    prompts: dict[str, PromptFields] = field(default_factory=dict)
    rubrics: dict[str, RubricFields] = field(default_factory=dict)
    dataset: DatasetFields | None = None
    task: TaskFields | None = None
    scores: dict[str, ScoreFields] = field(default_factory=dict)
    evaluators: dict[str, EvaluatorFields] = field(default_factory=dict)
    aggregates: dict[str, KindFields] = field(default_factory=dict)
    gates: dict[str, GateFields] = field(default_factory=dict)
    limits: LimitsFields = field(default_factory=LimitsFields)
    run: RunFields = field(default_factory=RunFields)
    broken: set[str] = field(default_factory=set)
    """JSON pointers of named tables that are there but wrong, so that references to them are not reported
    too.
    """

    def identity(self) -> dict[str, Any]:
        """The tree that the spec's digest covers: defaults and what only people read are left out."""
        sections: dict[str, Any] = {"name": self.name}
        for name, section in (
            ("dataset", self.dataset),
            ("task", self.task),
            ("limits", self.limits),
            ("run", self.run),
        ):
            if section is not None:
                sections[name] = fields_identity(section)
        for name, tables in (
            ("models", self.models),
            ("prompts", self.prompts),
            ("rubrics", self.rubrics),
            ("scores", self.scores),
            ("evaluators", self.evaluators),
            ("aggregates", self.aggregates),
            ("gates", self.gates),
        ):
            sections[name] = {key: fields_identity(table) for key, table in tables.items()}
        return {name: section for name, section in sections.items() if section}


def tag_of(fields: Any) -> str:
    """The `type` of a section, which every kind's model has."""
    return cast(str, fields.type)


def fields_identity(fields: KindFields) -> dict[str, Any]:
    """The fields that differ from their default, with the tag, without descriptions."""
    identity = fields.model_dump(mode="json", exclude_defaults=True, exclude={"description"})
    for tag in ("type", "function"):
        if tag in type(fields).model_fields:
            identity[tag] = getattr(fields, tag)
    for name in variants_of(type(fields)):
        identity[name] = [fields_identity(entry) for entry in getattr(fields, name)]
    if isinstance(fields, ScoreFields) and fields.direction == fields.default_direction:
        identity.pop("direction", None)
    return identity
