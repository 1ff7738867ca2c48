"""Observations that evalspec's own kinds record: a model called, a request made, a tool run.

They become spans below the call of the task or evaluator, beside those that user code makes. Outside of a
call that keeps observations nothing is kept.

    with observe("search", "tool", input={"query": query}) as observation:
        observation.output = await search(query)
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Literal

from evalspec.journal.ids import CallKey, ids_of_call
from evalspec.journal.otlp import HAS_IS_REMOTE, attributes_json, to_json
from evalspec.journal.records import SpanRecord
from evalspec.kinds.wording import message_of

__all__ = ["CallTrace", "Nesting", "Recording", "begin_trace", "current_call", "observe"]

ObservationType = Literal[
    "span",
    "generation",
    "event",
    "tool",
    "agent",
    "chain",
    "retriever",
    "embedding",
    "evaluator",
    "guardrail",
]
"""Langfuse's types of observations."""


Nesting = Callable[[str], AbstractContextManager[None]]
"""Lets the spans that user code makes nest under the span of this id, in the current context."""


class CallTrace:
    """The observations of one call of a task or evaluator, as far as they have ended. `nesting` is for the
    user code that is called within them.
    """

    def __init__(self, key: CallKey, nesting: Nesting | None = None) -> None:
        self.key = key
        self.nesting = nesting
        self._spans: list[SpanRecord] = []
        self._taken = False

    @property
    def ids(self) -> tuple[str, str]:
        """Trace id and span id of the call's own observation."""
        return ids_of_call(self.key)

    def add(self, span: SpanRecord) -> None:
        """Keep an observation that has ended; what ends after the call is dropped."""
        if not self._taken:
            self._spans.append(span)

    def take(self) -> tuple[SpanRecord, ...]:
        """What has ended until now, once."""
        self._taken = True
        spans, self._spans = self._spans, []
        return tuple(spans)


@dataclass(slots=True)
class Recording:
    """An observation under way; what is set until it ends is kept.

    `model` is the one that answered, `usage` counts tokens by kind, `cost` is in USD, `parameters` what the
    model was asked to do. `level` is Langfuse's; it is `ERROR` by itself where an exception passes.
    """

    name: str
    type: ObservationType
    input: Any = None
    output: Any = None
    metadata: dict[str, Any] = field(default_factory=dict)
    model: str | None = None
    parameters: Mapping[str, Any] | None = None
    usage: Mapping[str, int] | None = None
    cost: float | None = None
    completion_start_ns: int | None = None
    finish_reason: str | None = None
    prompt: tuple[str, int] | None = None
    """Name and version of the prompt in Langfuse that the input came from."""
    level: str | None = None
    status_message: str | None = None
    started_ns: int = 0
    ended_ns: int = 0
    """Set where the time of the call itself is known better; otherwise measured."""


class _Place:
    """Where in a call's observations the code runs: below which span, and how many siblings came before."""

    def __init__(self, trace: CallTrace, trace_id: str, span_id: str) -> None:
        self.trace = trace
        self.trace_id = trace_id
        self.span_id = span_id
        self._children = 0

    def child(self) -> "_Place":
        self._children += 1
        seed = f"evalspec-id-v1\x1fobservation\x1f{self.trace_id}\x1f{self.span_id}\x1f{self._children}"
        return _Place(self.trace, self.trace_id, sha256(seed.encode()).hexdigest()[:16])


_current: ContextVar[_Place | None] = ContextVar("evalspec_observation", default=None)


def begin_trace(key: CallKey, nesting: Nesting | None = None) -> CallTrace:
    """Keep the observations of a call; to be called in the `contextvars` context that the call runs in."""
    trace = CallTrace(key, nesting)
    _current.set(_Place(trace, *trace.ids))
    return trace


def current_call() -> CallKey | None:
    """The call that the code runs in, where its observations are kept."""
    place = _current.get()
    return None if place is None else place.trace.key


@contextmanager
def observe(name: str, type: ObservationType = "span", *, input: Any = None) -> Iterator[Recording]:  # noqa: A002 - Langfuse's names
    """Record what happens within as an observation below the current one. Spans that user code makes
    meanwhile nest under it.
    """
    recording = Recording(name, type, input)
    above = _current.get()
    if above is None:
        yield recording
        return
    place = above.child()
    token = _current.set(place)
    started = time.time_ns()
    mark = time.perf_counter_ns()
    nesting = place.trace.nesting
    try:
        with nullcontext() if nesting is None else nesting(place.span_id):
            yield recording
    except BaseException as error:
        recording.level = "ERROR"
        recording.status_message = recording.status_message or f"{_name(error)}: {message_of(error)}"
        raise
    finally:
        _current.reset(token)
        recording.started_ns = recording.started_ns or started
        recording.ended_ns = recording.ended_ns or started + time.perf_counter_ns() - mark
        place.trace.add(_record(recording, place, above.span_id))


def _name(error: BaseException) -> str:
    return type(error).__name__


def _record(recording: Recording, place: _Place, parent_id: str) -> SpanRecord:
    failed = recording.level == "ERROR"
    status: dict[str, Any] = {}
    if failed:
        status = {"code": 2, "message": recording.status_message or ""}
    content = {
        "attributes": attributes_json(_attributes(recording)),
        "traceId": place.trace_id,
        "spanId": place.span_id,
        "parentSpanId": parent_id,
        "name": recording.name,
        "kind": 1,
        "startTimeUnixNano": str(recording.started_ns),
        "endTimeUnixNano": str(max(recording.started_ns, recording.ended_ns)),
        "status": status,
        "flags": HAS_IS_REMOTE,
    }
    return SpanRecord(place.span_id, to_json(content))


def _attributes(recording: Recording) -> dict[str, Any]:
    prefix = "langfuse.observation"
    texts = {
        f"{prefix}.type": recording.type,
        f"{prefix}.input": _text(recording.input),
        f"{prefix}.output": _text(recording.output),
        f"{prefix}.level": recording.level,
        f"{prefix}.status_message": recording.status_message,
        f"{prefix}.model.name": recording.model,
        f"{prefix}.model.parameters": _text(recording.parameters),
        f"{prefix}.usage_details": _text(recording.usage),
        f"{prefix}.cost_details": None if recording.cost is None else _text({"total": recording.cost}),
        f"{prefix}.completion_start_time": _moment(recording.completion_start_ns),
        **{f"{prefix}.metadata.{key}": _text(value) for key, value in recording.metadata.items()},
    }
    if recording.prompt is not None:
        texts[f"{prefix}.prompt.name"] = recording.prompt[0]
    attributes: dict[str, Any] = {key: text for key, text in texts.items() if text is not None}
    if recording.prompt is not None:
        attributes[f"{prefix}.prompt.version"] = recording.prompt[1]
    if recording.finish_reason is not None:
        attributes["gen_ai.response.finish_reasons"] = [recording.finish_reason]
    return attributes


def _text(value: Any) -> str | None:
    """A tree as JSON; text stands as it is, and nothing is no attribute."""
    if value is None or isinstance(value, str):
        return value
    return to_json(value).decode()


def _moment(nanoseconds: int | None) -> str | None:
    """An ISO time as JSON text, as the Langfuse SDK writes it."""
    if nanoseconds is None:
        return None
    return f'"{datetime.fromtimestamp(nanoseconds / 1e9, UTC).isoformat()}"'
