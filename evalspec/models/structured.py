"""Structured output: what is sent as the schema, whether an answer follows it, and how a model is told."""

import json
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

from evalspec.diagnostics import Severity
from evalspec.models.errors import ErrorKind, ModelError
from evalspec.models.messages import Message

__all__ = ["Expected", "Fault", "expected_by"]

_FENCE: Final = "```"
_LONGEST: Final = 500
_VALUE: Final = "value"


class Fault(Exception):
    """An answer is not what was asked for; the message says why, to people and to the model."""

    def __init__(self, kind: ErrorKind, message: str) -> None:
        self.kind: ErrorKind = kind
        super().__init__(message)


class Expected:
    """The JSON schema (Draft 2020-12) an answer has to follow.

    Providers take only objects at the top. So another schema is sent as that of the property `value`, and
    taken out of the answer again. `key` is the schema as JSON text. Raises ModelError(unsupported)
    where the schema itself is wrong.
    """

    def __init__(self, key: str) -> None:
        from evalspec.checking.schemas import problems_of, validator_for

        schema: Mapping[str, Any] = json.loads(key)
        for problem in problems_of(schema):
            if problem.severity is Severity.ERROR:
                raise ModelError("unsupported", f"this is no JSON schema: {problem.message[:_LONGEST]}")
        self.key = key
        self._schema = schema
        # Patterns are RE2: what a model answers must not keep one busy for ever.
        self._validator = validator_for(schema)
        self._wrapped = schema.get("type") != "object" and "properties" not in schema

    @cached_property
    def sent(self) -> dict[str, Any]:
        """The schema as it is sent."""
        if not self._wrapped:
            return dict(self._schema)
        # References count from the top, so what they lead to stays there.
        inner = {key: value for key, value in self._schema.items() if key not in ("$defs", "$schema")}
        outer: dict[str, Any] = {
            "type": "object",
            "properties": {_VALUE: inner},
            "required": [_VALUE],
            "additionalProperties": False,
        }
        if "$defs" in self._schema:
            outer["$defs"] = self._schema["$defs"]
        return outer

    def read(self, text: str) -> Any:
        """The JSON tree of an answer, which may stand in a Markdown fence. Raises Fault."""
        try:
            data = json.loads(_unfenced(text), parse_constant=_refused)
        except RecursionError:
            raise Fault("malformed", "the answer is nested too deeply") from None
        except ValueError as error:
            raise Fault("malformed", f"the answer is no JSON: {error}") from None
        if self._wrapped:
            if not isinstance(data, dict) or data.keys() != {_VALUE}:
                raise Fault("wrong_schema", f"the answer is not an object with the only property `{_VALUE}`")
            data = data[_VALUE]
        self.check(data)
        return data

    def check(self, data: Any) -> None:
        """Raises Fault where a JSON tree does not follow the schema."""
        from evalspec.checking.schemas import first_violation

        try:
            violation = first_violation(self._validator, data)
        except RecursionError:
            raise Fault("malformed", "the answer is nested too deeply") from None
        if violation is not None:
            raise Fault("wrong_schema", violation)

    @staticmethod
    def repair(text: str, fault: Fault) -> list[Message]:
        """How the conversation goes on after a wrong answer."""
        request = (
            f"This answer does not follow the JSON schema that was asked for: {fault}\n"
            "Answer again, with nothing but the corrected JSON."
        )
        return [{"role": "assistant", "content": text}, {"role": "user", "content": request}]


def expected_by(schema: Mapping[str, Any]) -> Expected:
    """What has to follow `schema`. The same for equal schemas, since checking one takes time; and the order
    of properties is kept, since models fill them in by it: reasons before a score.
    """
    return _expected(json.dumps(schema))


_expected = lru_cache(maxsize=256)(Expected)


def _unfenced(text: str) -> str:
    """What stands in a Markdown fence, if all of the text does; without a pattern, which could take long."""
    inner = text.strip()
    if len(inner) < 2 * len(_FENCE) or not (inner.startswith(_FENCE) and inner.endswith(_FENCE)):
        return text
    head, newline, body = inner[len(_FENCE) : -len(_FENCE)].partition("\n")
    return body if newline and head.strip() in ("", "json") else text


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")
