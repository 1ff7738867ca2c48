"""Structured output: what is sent as the schema, whether an answer follows it, and how a model is told."""

import json
import re
from collections.abc import Mapping
from functools import cached_property, lru_cache
from typing import Any, Final

from evalspec.models.errors import ErrorKind, ModelError
from evalspec.models.messages import Message

__all__ = ["Expected", "Fault", "expected_by"]

_FENCED: Final = re.compile(r"\s*```(?:json)?\s*\n(.*)\n\s*```\s*", re.DOTALL)
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
        from jsonschema import Draft202012Validator
        from jsonschema.exceptions import SchemaError
        from referencing import Registry

        schema: Mapping[str, Any] = json.loads(key)
        try:
            Draft202012Validator.check_schema(schema)
        except SchemaError as error:
            raise ModelError("unsupported", f"this is no JSON schema: {error.message[:_LONGEST]}") from None
        self.key = key
        self._schema = schema
        # An empty registry, so that no reference is fetched.
        self._validator = Draft202012Validator(schema, registry=Registry())
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
        fenced = _FENCED.fullmatch(text)
        try:
            data = json.loads(fenced[1] if fenced else text, parse_constant=_refused)
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
        from referencing.exceptions import Unresolvable

        try:
            first = min(self._validator.iter_errors(data), key=_place, default=None)
        except Unresolvable as error:
            raise ModelError("unsupported", f"the schema's reference leads nowhere: {error}") from None
        if first is not None:
            message = first.message if len(first.message) <= _LONGEST else first.message[: _LONGEST - 1] + "…"
            raise Fault("wrong_schema", f"{message} (at {_pointer(first) or 'the top'})")

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


def _refused(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON number")


def _place(error: Any) -> tuple[list[str], str]:
    return [str(step) for step in error.absolute_path], str(error.validator)


def _pointer(error: Any) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in error.absolute_path)
