"""The base of every kind's field model."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_DURATION_SCHEMA = {
    "type": ["number", "string"],
    "exclusiveMinimum": 0,
    "pattern": r"^([0-9]+(\.[0-9]+)?(ms|s|m|h|d))+$",
    "errorMessage": "A time is written like `30s`, `250ms`, `1m30s` or `2h`, or as a number of seconds.",
}


MEANINGS = "x-evalspec-meanings"
"""Where the JSON schema of a field has the meaning of its values, until it is put in editors' own words."""


def meanings(**values: str) -> Callable[[dict[str, Any]], None]:
    """What each value of an enumeration means, for editors: the `json_schema_extra` of a field."""

    def extend(schema: dict[str, Any]) -> None:
        schema[MEANINGS] = values

    return extend


def as_list(value: Any) -> Any:
    """The list that one value alone stands for, in a field that takes one or several."""
    return value if isinstance(value, list) else [value]


class KindFields(BaseModel):
    """Fields as they stand in a spec: unknown ones are errors, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


@dataclass(frozen=True, slots=True)
class Variants:
    """Annotates a list of tables of which each has the model that its `tag` chooses.

    `what` is one of them, in messages. `models` are asked for late, because they may be those of kinds that
    are loaded when they are needed.
    """

    tag: str
    what: str
    models: Callable[[], Mapping[str, type[KindFields]]]


def variants_of(model: type[BaseModel]) -> dict[str, Variants]:
    """The fields of a model that are such lists."""
    return {
        name: part
        for name, field in model.model_fields.items()
        for part in field.metadata
        if isinstance(part, Variants)
    }


def parse_duration(value: Any) -> Any:
    """Seconds of `"1m30s"` or of a number of seconds; other values are left for the type check to refuse.

    Raises ValueError for a text that is no duration.
    """
    if isinstance(value, str):
        parts = _DURATION.findall(value)
        if not parts or "".join(number + unit for number, unit in parts) != value:
            raise ValueError("invalid-duration")
        seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
        if not math.isfinite(seconds):
            raise ValueError("invalid-duration")
        return seconds
    return value


Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    Field(gt=0),
    WithJsonSchema(_DURATION_SCHEMA),
]
"""A positive time in seconds, written as a number or like "30s", "250ms", "1m30s", "2h"."""
