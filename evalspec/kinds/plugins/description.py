"""The description of a kind that a plug-in brings: a JSON file beside its code."""

import json
import keyword
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from evalspec.kinds.plugins.errors import PluginError
from evalspec.plan.canonical import NotCanonical, digest
from evalspec.plan.model import DataType

__all__ = ["KIND_FORMAT", "NAME", "Description", "ScoreDescription", "read_description"]

KIND_FORMAT: Final = 1
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*:[a-z0-9][a-z0-9_.-]*")
"""What a kind of a plug-in is called: `vendor:kind`."""

_LARGEST: Final = 1_000_000
_FIELD: Final = re.compile(r"[a-z][a-z0-9_]*")
_COMMON: Final = frozenset(
    "type description score scores when attach timeout repeats fields input output expected_output metadata "
    "item trial observations seconds".split()
)
"""What a plug-in's own fields cannot be called: fields of every kind, and names of what a function gets."""
_OF_A_STEP: Final = "name"
"""What a task's cannot be called besides: a step of a chain has a field of this name."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ScoreDescription(_Part):
    """What one key of an evaluator's result can be."""

    data_types: list[DataType] = Field(min_length=1, description="The data types that its values may have.")
    min: float | None = Field(None, description="Smallest NUMERIC value; together with `max`.")
    max: float | None = Field(None, description="Largest NUMERIC value; together with `min`.")


class Description(_Part):
    """One kind of evaluator or task that a distribution brings."""

    schema_: str | None = Field(
        None, alias="$schema", description="The schema this file is checked against, for editors."
    )
    evalspec_kind: Literal[1] = Field(description="Version of this format.")
    type: str = Field(
        pattern=f"^{NAME.pattern}$",
        description="What stands in `type`: vendor and kind, the name of the entry point.",
        examples=["acme:toxicity"],
    )
    summary: str = Field(min_length=1, description="What it is for, in one sentence.")
    documentation: str = Field("", description="What else there is to say, as Markdown.")
    example: str | None = Field(
        None,
        description="An example as TOML: one table `[evaluators.<name>]` or `[task]` of this type.",
    )
    fields: dict[str, Any] = Field(
        description="JSON Schema (2020-12) of its own fields: an object with `properties`. Every property "
        "has a `description`; `default` is what holds where the field is not there. References are not "
        "followed."
    )
    expressions: list[str] = Field(
        default_factory=list,
        description="The fields that hold expressions; the function gets their values under these names.",
    )
    scores: dict[str, ScoreDescription] = Field(
        default_factory=dict,
        description="Of an evaluator: what each key of its result can be. The key is empty where it gives "
        "one score; of several, the first is what `score` alone names.",
        examples=[{"": {"data_types": ["NUMERIC"], "min": 0, "max": 1}}],
    )
    semantics: int = Field(1, ge=1, description="Revision of its meaning; raised when scores change.")
    needs: list[Literal["observations", "latency"]] = Field(
        default_factory=list,
        description="Of an evaluator: what it looks at besides item and output. The function gets "
        "`observations`, or `seconds`.",
    )

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """The schemas of its fields by name."""
        found: Mapping[str, Mapping[str, Any]] = self.fields.get("properties", {})
        return found

    @property
    def required(self) -> frozenset[str]:
        """The fields that must be there."""
        return frozenset(self.fields.get("required", ()))


def read_description(path: Path, name: str, *, scored: bool) -> tuple[Description, str]:
    """The description in a file, and its digest. `scored` says that it has to be an evaluator's.

    Raises PluginError `broken-plugin`, which names the file by its name alone: where it lies is the business
    of the machine.
    """
    tree = _read(path)
    try:
        description = Description.model_validate(tree)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _broken(path, f"`{where}`: {first['msg'][0].lower()}{first['msg'][1:]}") from None
    for fault in _faults(description, name, scored):
        raise _broken(path, fault)
    identity = {key: value for key, value in tree.items() if key != "$schema"}
    try:
        return description, digest("kind", identity)
    except NotCanonical as error:
        raise _broken(path, error.message) from None


def _read(path: Path) -> Any:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _broken(path, f"it cannot be read: {error.strerror}") from None
    if len(content) > _LARGEST:
        raise _broken(path, f"it has more than {_LARGEST} bytes")
    try:
        tree = json.loads(content)
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else type(error).__name__
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise _broken(path, f"it is not JSON{line}: {reason}") from None
    if not isinstance(tree, dict):
        raise _broken(path, "it is not a JSON object")
    if tree.get("evalspec_kind") != KIND_FORMAT:
        raise _broken(path, f"`evalspec_kind` is not {KIND_FORMAT}, the only format this evalspec reads")
    return tree


def _faults(description: Description, name: str, scored: bool) -> Iterator[str]:
    """What is wrong with a description besides its form, in sentences."""
    if description.type != name:
        yield f"it describes `{description.type}`, and the entry point is called `{name}`"
    yield from _fault_of_schema(description.fields)
    for field, schema in description.properties.items():
        if not _FIELD.fullmatch(field) or field.startswith("model_") or keyword.iskeyword(field):
            yield f"`{field}` cannot be the name of a field"
        if field in _COMMON or (field == _OF_A_STEP and not scored):
            yield f"`{field}` has a meaning already, so it cannot be a field of its own"
        if not isinstance(schema, dict) or not schema.get("description"):
            yield f"the field `{field}` has no description"
    for field in (*description.required, *description.expressions):
        if field not in description.properties:
            yield f"`{field}` is not among its fields"
    for field in description.expressions:
        if description.properties[field].get("type") != "string":
            yield f"`{field}` holds an expression, so its `type` must be `string`"
    if scored and not description.scores:
        yield "an evaluator needs `scores`"
    if not scored and (description.scores or description.needs):
        yield "a task has neither `scores` nor `needs`"
    if "" in description.scores and len(description.scores) > 1:
        yield "the key of a score is empty only where there is no other"
    for key, score in description.scores.items():
        if (score.min is None) != (score.max is None):
            yield f"the score `{key}` has only one of `min` and `max`"


def _fault_of_schema(schema: dict[str, Any]) -> Iterator[str]:
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if schema.get("type", "object") != "object" or not isinstance(schema.get("properties", {}), dict):
        yield "`fields` is not the schema of an object"
        return
    if '"$ref"' in json.dumps(schema) or '"$dynamicRef"' in json.dumps(schema):
        yield "`fields` has a reference, and they are not followed"
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        yield f"`fields` is not a JSON Schema: {error.message}"


def _broken(path: Path, why: str) -> PluginError:
    return PluginError("broken-plugin", f"the description `{path.name}` cannot be used: {why}")
