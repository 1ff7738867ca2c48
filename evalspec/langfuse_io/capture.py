"""Catching the spans that user code makes, so that the journal has them before Langfuse does.

User code needs no change: functions under `@observe`, `langfuse.openai`, `get_client()` and instrumentations
that use the global tracer provider nest under the item's trace, because the item's span is made the current
one around the call. What they record is kept here instead of in the SDK's queue, which is bounded and
forgets.

The Langfuse client of a process is one per public key, and `get_client()` gives the one there is. So a client
is made the moment `langfuse` is imported, with a tracer provider of its own; without keys it is a client of
no server. Spans that belong to no item go the SDK's usual way, where there are keys and the run is published.

Limits: a `mask` or `mask_otel_spans` that user code passes to a client of its own has no effect on a client
that exists, as always with the SDK; a client that user code makes without any keys stays disabled, as always.
"""

import itertools
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from opentelemetry import context as otel_context
from opentelemetry import trace as otel_trace

from evalspec.journal.ids import CallKey, ids_of_call
from evalspec.journal.records import SpanRecord
from evalspec.langfuse_io.import_hook import when_imported
from evalspec.langfuse_io.settings import LangfuseSettings

MAX_SPANS = 5_000
"""Spans kept of one call of user code. More are counted, and one span in their place says how many."""

LOCAL_KEY = "pk-lf-evalspec-local"
_KEY = otel_context.create_key("evalspec-capture")
_MARK = "evalspec.capture"
_LEFT_OUT = (_MARK, "langfuse.environment", "langfuse.internal.is_app_root", "langfuse.internal.as_root")
_EXPERIMENT = "langfuse.experiment."
_SAMPLED = otel_trace.TraceFlags(otel_trace.TraceFlags.SAMPLED)
[_CURRENT_SPAN] = otel_trace.set_span_in_context(otel_trace.INVALID_SPAN, otel_context.Context())

_open: "dict[int, Captured]" = {}
_numbers = itertools.count(1)
_lock = threading.Lock()
_installed = False


class Captured(otel_trace.NonRecordingSpan):
    """The span of one call of user code, for others to nest under, and those that have ended below it, in
    that order, until they are taken.
    """

    _ended: list[Any]
    _made: otel_trace.SpanContext | None = None
    _number = 0
    _taken = False
    _dropped = 0
    _last_end = 0

    def __init__(self, key: CallKey) -> None:
        # Most calls record nothing: what a span below this one needs is made when there is one, and the base
        # class's context is not needed at all.
        self._key = key

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.get_span_context()!r})"

    def get_span_context(self) -> otel_trace.SpanContext:
        if self._made is None:
            trace_id, span_id = ids_of_call(self._key)
            self._made = otel_trace.SpanContext(int(trace_id, 16), int(span_id, 16), False, _SAMPLED)
        return self._made

    @contextmanager
    def below(self, span_id: str) -> Iterator[None]:
        """Let the spans that begin within, in the current context, nest under this span of the same trace."""
        trace_id = self.get_span_context().trace_id
        context = otel_trace.SpanContext(trace_id, int(span_id, 16), False, _SAMPLED)
        above = otel_context.get_current()
        # The mark stays: whatever begins below is still kept for this call.
        span = otel_trace.NonRecordingSpan(context)
        token = otel_context.attach(otel_context.Context({**above, _CURRENT_SPAN: span}))
        try:
            yield
        finally:
            otel_context.detach(token)

    def number(self) -> int:
        """What marks the spans that begin below this one; 0, which is nobody's, once they have been taken."""
        if self._number and not self._taken:
            return self._number
        with _lock:
            if not self._number and not self._taken:
                self._ended = []
                self._number = next(_numbers)
                _open[self._number] = self
        if self._taken:
            _open.pop(self._number, None)
        return self._number

    def add(self, span: Any) -> None:
        """Keep a span that has ended (called from whichever thread ended it)."""
        if len(self._ended) < MAX_SPANS:
            self._ended.append(span)
        else:
            self._dropped += 1
            self._last_end = span.end_time or self._last_end

    def take(self) -> tuple[SpanRecord, ...]:
        """What has ended until now, once; what ends later is dropped."""
        self._taken = True
        if not self._number:
            return ()
        from evalspec.langfuse_io.otlp import span_payload

        _open.pop(self._number, None)
        # A context that user code leaves behind keeps this object, but not what it has given away.
        ended, self._ended = self._ended, []
        records = [
            SpanRecord(f"{span.context.span_id:016x}", span_payload(span, _kept(span.attributes or {})))
            for span in ended
        ]
        if self._dropped:
            records.append(self._notice())
        return tuple(records)

    def _notice(self) -> SpanRecord:
        """A span that says what is missing."""
        from evalspec.journal.otlp import HAS_IS_REMOTE, attributes_json, to_json

        trace_id, parent_id = ids_of_call(self._key)
        span_id = f"{int(parent_id, 16) ^ 0x5A5A5A5A5A5A5A5A:016x}"
        message = f"{self._dropped} further spans were not recorded; {MAX_SPANS} are kept of one call"
        attributes = {"langfuse.observation.level": "WARNING", "langfuse.observation.status_message": message}
        content = {
            "attributes": attributes_json(attributes),
            "traceId": trace_id,
            "spanId": span_id,
            "parentSpanId": parent_id,
            "name": "spans not recorded",
            "kind": 1,
            "startTimeUnixNano": str(self._last_end),
            "endTimeUnixNano": str(self._last_end),
            "status": {},
            "flags": HAS_IS_REMOTE,
        }
        return SpanRecord(span_id, to_json(content))


def _kept(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """What publishing adds later (experiment, environment) must not stand there twice."""
    return {
        key: value
        for key, value in attributes.items()
        if key not in _LEFT_OUT and not key.startswith(_EXPERIMENT)
    }


class SpanCapture:
    """Makes an item's span the current one around user code, and collects what is recorded below it.

    With `settings`, user code reaches that server through `get_client()` (prompts, say); `publish` False
    keeps every span from being sent by the SDK. Make one before user code is imported, in the context of the
    run.
    """

    def __init__(self, settings: LangfuseSettings | None, publish: bool = True) -> None:
        global _installed
        self._above = otel_context.get_current()
        with _lock:
            if not _installed:
                _installed = True
                when_imported("langfuse", lambda: _install(settings, publish))

    def attach(self, key: CallKey) -> Captured:
        """Let user code that runs in the current `contextvars` context nest under the span of this call."""
        captured = Captured(key)
        # What set_span_in_context and set_value do, with one new context instead of three.
        otel_context.attach(otel_context.Context({**self._above, _CURRENT_SPAN: captured, _KEY: captured}))
        return captured


def _install(settings: LangfuseSettings | None, publish: bool) -> None:
    """Make the process's Langfuse client, or join the one that exists. Called once `langfuse` has been
    imported."""
    from langfuse import Langfuse
    from langfuse.span_filter import is_default_export_span
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
    from opentelemetry.sdk.trace.sampling import ALWAYS_ON

    class Processor(SpanProcessor):
        """Marks spans that start below an item's span and hands them over when they end."""

        def on_start(self, span: Span, parent_context: otel_context.Context | None = None) -> None:
            captured = otel_context.get_value(_KEY, parent_context)
            if isinstance(captured, Captured):
                span.set_attribute(_MARK, captured.number())

        def on_end(self, span: ReadableSpan) -> None:
            number = (span.attributes or {}).get(_MARK)
            captured = _open.get(number) if isinstance(number, int) else None
            if captured is not None and is_default_export_span(span):
                captured.add(span)

    class Nowhere(SpanExporter):
        """Takes what belongs to no item when nothing may be sent."""

        def export(self, spans: Any) -> SpanExportResult:
            return SpanExportResult.SUCCESS

    def belongs_to_no_item(span: ReadableSpan) -> bool:
        # False keeps a span from the SDK's queue and from being marked as the application's root.
        return _MARK not in (span.attributes or {}) and is_default_export_span(span)

    limits = SpanLimits(max_span_attributes=1024, max_events=1024, max_links=1024)
    provider = TracerProvider(
        sampler=ALWAYS_ON, resource=Resource({}), shutdown_on_exit=False, span_limits=limits
    )
    processor = Processor()
    provider.add_span_processor(processor)
    client = Langfuse(
        public_key=settings.public_key if settings else LOCAL_KEY,
        secret_key=settings.secret_key if settings else "none",
        base_url=settings.base_url if settings else "http://127.0.0.1:9",
        tracer_provider=provider,
        should_export_span=belongs_to_no_item,
        span_exporter=None if settings and publish else Nowhere(),
    )
    tracer = client._otel_tracer
    existing = getattr(tracer, "span_processor", None)
    if existing is not None and processor not in existing._span_processors:
        existing.add_span_processor(processor)
    if isinstance(otel_trace.get_tracer_provider(), otel_trace.ProxyTracerProvider):
        otel_trace.set_tracer_provider(provider)
