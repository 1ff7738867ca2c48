"""Kinds of tasks and evaluators, and rubrics, as documents: what a catalogue says of each."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from evalspec.plan.model import Direction
from evalspec.rubrics.model import Categories, Scale


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldEntry(_Entry):
    """One field of a kind."""

    name: str = Field(description="Name of the field.")
    type: str = Field(description="What it holds.")
    required: bool = Field(description="Whether it must be there.")
    default: Any = Field(default=None, description="What holds where it is not there.")
    description: str = Field(description="What it is for.")
    json_schema: dict[str, Any] = Field(description="Its JSON Schema.")


class ScoreEntry(_Entry):
    """One score that a kind gives."""

    key: str = Field(description="Its key in `scores`; empty for what `score` alone names.")
    data_types: list[str] = Field(description="The data types that it may have.")
    min: float | None = Field(default=None, description="Smallest value, where there is a bound.")
    max: float | None = Field(default=None, description="Largest value, where there is a bound.")


class KindEntry(_Entry):
    """One kind of task or evaluator."""

    name: str = Field(description="What stands in `type`.")
    group: str | None = Field(default=None, description="Its place in the catalogue of evaluators.")
    summary: str = Field(description="What it is for, in a sentence or two.")
    documentation: str = Field(description="All there is to say about it, as Markdown.")
    example: str | None = Field(default=None, description="An example, as TOML.")
    gives: list[ScoreEntry] | None = Field(default=None, description="The scores of the evaluator.")
    needs: list[str] = Field(description="What it looks at, or gives, besides items and outputs.")
    extra: str | None = Field(default=None, description="The optional part of the installation it needs.")
    semantics: int = Field(description="Revision of its meaning.")
    fields: list[FieldEntry] = Field(description="Its fields.")


class KindList(_Entry):
    """The kinds there are."""

    evalspec_catalogue: Literal[1] = Field(default=1, description="Version of this format.")
    kinds: list[KindEntry] = Field(description="The kinds, in the order of the catalogue.")


class RubricEntry(_Entry):
    """One ready-made rubric."""

    name: str = Field(description="Its name.")
    version: int = Field(description="Its version.")
    versions: list[int] = Field(description="All versions there are.")
    title: str = Field(description="Its name for people.")
    description: str = Field(description="What it judges.")
    source: str = Field(description="The work that it follows.")
    criteria: str = Field(description="What a judge is told to look at.")
    steps: list[str] = Field(description="The steps in which a judge comes to its verdict.")
    scale: Scale | None = Field(default=None, description="The range of the verdict where it is a number.")
    categories: Categories | None = Field(default=None, description="The labels where it is one of them.")
    direction: Direction | None = Field(
        default=None, description="Which way is better, where the verdict has a value."
    )
    inputs: dict[str, str] = Field(description="What it needs to see, each with what it is.")
    gives: list[ScoreEntry] = Field(description="The scores of a judge that is asked once, by it.")
    digest: str = Field(description="Digest of what decides a verdict.")

    @property
    def reference(self) -> str:
        """How a spec names it at this version."""
        return f"{self.name}@{self.version}"


class RubricList(_Entry):
    """The ready-made rubrics there are."""

    evalspec_catalogue: Literal[1] = Field(default=1, description="Version of this format.")
    rubrics: list[RubricEntry] = Field(description="The rubrics, by name.")
