"""The kinds of tasks and evaluators as a document: what a catalogue says of each."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


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
