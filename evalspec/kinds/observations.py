"""The observations below a call, read from the spans that were recorded: Langfuse's own attributes, those of
OpenTelemetry's conventions for generative AI (https://opentelemetry.io/docs/specs/semconv/gen-ai/), and
OpenInference's.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson

from evalspec.journal.records import SpanRecord

__all__ = ["Observation", "read_observations"]

_TYPE: Final = "langfuse.observation.type"
_METADATA: Final = "langfuse.observation.metadata"
_GEN_AI_TYPES: Final = {
    "chat": "generation",
    "text_completion": "generation",
    "generate_content": "generation",
    "embeddings": "embedding",
    "execute_tool": "tool",
    "invoke_agent": "agent",
    "create_agent": "agent",
    "invoke_workflow": "chain",
}
_OPENINFERENCE_TYPES: Final = {
    "LLM": "generation",
    "TOOL": "tool",
    "AGENT": "agent",
    "CHAIN": "chain",
    "RETRIEVER": "retriever",
    "EMBEDDING": "embedding",
    "GUARDRAIL": "guardrail",
    "EVALUATOR": "evaluator",
}
_INPUTS: Final = (
    "langfuse.observation.input",
    "gen_ai.tool.call.arguments",
    "tool_arguments",
    "gen_ai.input.messages",
    "gen_ai.prompt",
    "input.value",
)
_OUTPUTS: Final = (
    "langfuse.observation.output",
    "gen_ai.tool.call.result",
    "tool_response",
    "gen_ai.output.messages",
    "gen_ai.completion",
    "output.value",
)
_ERROR_STATUS: Final = 2


@dataclass(frozen=True, slots=True)
class Observation:
    """One observation, in Langfuse's words.

    `type` is Langfuse's (`span`, `generation`, `tool`, `agent`, …), `level` one of `DEBUG`, `DEFAULT`,
    `WARNING`, `ERROR`. `usage` counts tokens by kind (`input`, `output`, …), `cost` is in USD; both are
    there where a model was called and said so. Times are nanoseconds since 1970.
    """

    id: str
    parent_id: str | None
    name: str
    type: str
    started_ns: int
    ended_ns: int
    input: Any = None
    output: Any = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    level: str = "DEFAULT"
    status_message: str | None = None
    model: str | None = None
    usage: Mapping[str, int] | None = None
    cost: float | None = None
    completion_start_ns: int | None = None
    finish_reason: str | None = None

    @property
    def duration(self) -> float:
        """Seconds from beginning to end."""
        return max(0, self.ended_ns - self.started_ns) / 1e9

    def as_dict(self) -> dict[str, Any]:
        """What expressions see."""
        return {
            "name": self.name,
            "type": self.type,
            "input": self.input,
            "output": self.output,
            "metadata": dict(self.metadata),
            "level": self.level,
            "duration": self.duration,
        }


def read_observations(spans: Iterable[SpanRecord], without: Collection[str] = ()) -> tuple[Observation, ...]:
    """The observations in some recorded spans, in the order of beginning; each once, as recorded last. Those
    below the spans named in `without` are left out.
    """
    found: dict[str, Observation] = {}
    for record in spans:
        for span in _spans_of(orjson.loads(record.payload)):
            found[record.span_id] = _observation(span)
    kept = (one for one in found.values() if not without or _top(one, found) not in without)
    return tuple(sorted(kept, key=lambda one: (one.started_ns, one.ended_ns)))


def _top(observation: Observation, found: Mapping[str, Observation]) -> str | None:
    """The id of the span above all recorded ones that an observation is below of."""
    seen = {observation.id}
    while (above := observation.parent_id) is not None and above in found and above not in seen:
        seen.add(above)
        observation = found[above]
    return above


def _spans_of(content: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    if "spans" in content:
        yield from content["spans"]
    else:
        yield content


def _observation(span: Mapping[str, Any]) -> Observation:
    attributes = {one["key"]: _value(one.get("value", {})) for one in span.get("attributes", [])}
    status = span.get("status", {})
    failed = status.get("code") == _ERROR_STATUS
    tool = attributes.get("gen_ai.tool.name") or attributes.get("tool.name")
    reasons = attributes.get("gen_ai.response.finish_reasons")
    return Observation(
        id=span["spanId"],
        parent_id=span.get("parentSpanId"),
        name=str(tool or span["name"]),
        type=_type(attributes),
        started_ns=int(span["startTimeUnixNano"]),
        ended_ns=int(span["endTimeUnixNano"]),
        input=_first_tree(attributes, _INPUTS),
        output=_first_tree(attributes, _OUTPUTS),
        metadata=_metadata(attributes),
        level=attributes.get("langfuse.observation.level") or ("ERROR" if failed else "DEFAULT"),
        status_message=attributes.get("langfuse.observation.status_message") or status.get("message"),
        model=_first(
            attributes, ("langfuse.observation.model.name", "gen_ai.response.model", "gen_ai.request.model")
        ),
        usage=_usage(attributes),
        cost=_cost(attributes),
        completion_start_ns=_moment(attributes.get("langfuse.observation.completion_start_time")),
        finish_reason=str(reasons[0]) if isinstance(reasons, list) and reasons else None,
    )


def _value(value: Mapping[str, Any]) -> Any:
    """An attribute's value, from OTLP's AnyValue."""
    for kind, content in value.items():
        if kind == "intValue":
            return int(content)
        if kind == "arrayValue":
            return [_value(one) for one in content.get("values", [])]
        if kind == "kvlistValue":
            return {one["key"]: _value(one.get("value", {})) for one in content.get("values", [])}
        return content
    return None


def _type(attributes: Mapping[str, Any]) -> str:
    own = attributes.get(_TYPE)
    if isinstance(own, str):
        return own.lower()
    operation = attributes.get("gen_ai.operation.name")
    if operation in _GEN_AI_TYPES:
        return _GEN_AI_TYPES[operation]
    kind = str(attributes.get("openinference.span.kind", "")).upper()
    if kind in _OPENINFERENCE_TYPES:
        return _OPENINFERENCE_TYPES[kind]
    # What Langfuse makes of a span that says which model it called.
    return "generation" if _first(attributes, ("gen_ai.response.model", "gen_ai.request.model")) else "span"


def _first(attributes: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return next((attributes[key] for key in keys if attributes.get(key) is not None), None)


def _first_tree(attributes: Mapping[str, Any], keys: Iterable[str]) -> Any:
    return _tree(_first(attributes, keys))


def _tree(value: Any) -> Any:
    """The tree that an attribute holds as JSON text; other text is itself."""
    if isinstance(value, str):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _metadata(attributes: Mapping[str, Any]) -> dict[str, Any]:
    whole = _tree(attributes.get(_METADATA))
    metadata = dict(whole) if isinstance(whole, dict) else {}
    for key, value in attributes.items():
        if key.startswith(f"{_METADATA}."):
            metadata[key.removeprefix(f"{_METADATA}.")] = _tree(value)
    return metadata


def _usage(attributes: Mapping[str, Any]) -> dict[str, int] | None:
    details = _tree(attributes.get("langfuse.observation.usage_details"))
    if isinstance(details, dict):
        return {str(key): int(count) for key, count in details.items() if isinstance(count, int | float)}
    usage: dict[str, int] = {}
    for name, keys in (
        ("input", ("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "llm.token_count.prompt")),
        ("output", ("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens")),
    ):
        count = _first(attributes, keys)
        if isinstance(count, int | float):
            usage[name] = int(count)
    return usage or None


def _cost(attributes: Mapping[str, Any]) -> float | None:
    details = _tree(attributes.get("langfuse.observation.cost_details"))
    if isinstance(details, dict):
        total = details.get("total")
        parts = [total] if total is not None else list(details.values())
        return float(sum(part for part in parts if isinstance(part, int | float)))
    cost = attributes.get("gen_ai.usage.cost")
    return float(cost) if isinstance(cost, int | float) else None


def _moment(text: Any) -> int | None:
    """Nanoseconds since 1970 of an ISO time, which Langfuse keeps as JSON text."""
    moment = _tree(text)
    if not isinstance(moment, str):
        return None
    try:
        return int(datetime.fromisoformat(moment).timestamp() * 1e9)
    except ValueError:
        return None
