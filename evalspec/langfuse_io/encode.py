"""Completed trials as OTLP JSON, a function of the journal alone: the same trial gives the same bytes,
always.

The shape is that of `Langfuse.run_experiment`: a root observation per item (`experiment-item-run`) with the
task's observation, one per evaluator, and below them what user code recorded. Texts are put together from
parts that are encoded once per run; that is ten times as fast as building trees.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from orjson import dumps, loads

from evalspec.journal import ids
from evalspec.journal.otlp import FOREIGN_SPAN_START, OWN_SCOPE_START
from evalspec.journal.records import (
    AttemptRecord,
    EvaluationRecord,
    EvaluationStatus,
    Failure,
    SpanRecord,
)
from evalspec.journal.rows import CompletedTrial
from evalspec.langfuse_io.client import SDK_VERSION
from evalspec.langfuse_io.experiment import ENVIRONMENT, Experiment
from evalspec.langfuse_io.hosted_items import METADATA, hosted_metadata
from evalspec.langfuse_io.otlp import SDK_SCOPE
from evalspec.plan.model import Plan
from evalspec.tasks import TASKS

ROOT_NAME = "experiment-item-run"
TASK_NAME = "experiment-item-task"
SHOWN_INPUT = 8192
"""An evaluator's observation shows what it looked at if that is at most so many bytes; the task's shows
all of it."""

_OK = b"{}"


@dataclass(frozen=True, slots=True)
class EncodedTrial:
    """The spans of one trial. `own` are spans of the SDK's scope, `foreign` groups of spans of other
    scopes."""

    completion: int
    item_id: str
    trial: int
    root_id: str
    own: Sequence[bytes]
    foreign: Sequence[bytes]

    @property
    def size(self) -> int:
        """Bytes before compression."""
        return sum(map(len, self.own)) + sum(map(len, self.foreign))


class SpanEncoder:
    """Encodes the trials of one run."""

    def __init__(self, experiment: Experiment, plan: Plan) -> None:
        self._experiment = experiment
        self._of_trial: dict[int, bytes] = {}
        self._has_sessions = "session" in TASKS[plan.task.type].gives
        self._root = _texts(
            {"langfuse.observation.type": "span", "langfuse.trace.name": experiment.trace_name}
        )
        self._root += _IS_ROOT + (_tags(experiment.tags) if experiment.tags else b"")
        self._run = _texts({_meta("evalspec_run"): experiment.run_id})
        self._task = _texts(
            {"langfuse.observation.type": "span", _meta("evalspec_task_digest"): plan.task.digest}
        )
        self._evaluators = {
            name: _texts(
                {
                    "langfuse.observation.type": "evaluator",
                    _meta("evalspec_evaluator"): name,
                    _meta("evalspec_evaluator_digest"): part.digest,
                }
            )
            for name, part in plan.evaluators.items()
        }

    def trial(self, done: CompletedTrial) -> EncodedTrial:
        """One completed trial."""
        experiment, item, number = self._experiment, done.item, done.trial
        run_id = experiment.run_id
        trace = ids.trace_id(run_id, item.id, number).encode()
        root_id = ids.root_span_id(run_id, item.id, number)
        common = self._common(done, root_id)
        span = _SpanWriter(trace, root_id.encode(), common)
        shown = _json_text("langfuse.experiment.item.expected_output", item.expected_output)
        seen = _json_text("langfuse.observation.input", item.input)
        row, failure = done.row, done.row.failure
        outcome = _json_text("langfuse.observation.output", row.output) + _level(failure)
        end = max([row.ended_ns, *(evaluation.ended_ns for evaluation in done.evaluations)])
        about = _texts(
            {
                _meta("evalspec_item"): item.id,
                _meta("evalspec_item_digest"): done.item_digest,
                _meta("evalspec_trial"): str(number + 1),
                _meta("evalspec_attempts"): str(row.attempt),
            }
        )
        attributes = self._root + self._run + about + shown + seen + outcome
        spans = [span.root(attributes, row.first_started_ns, end, failure)]
        task_attributes = self._task + shown + seen
        for earlier in done.earlier:
            task_id = ids.task_span_id(run_id, item.id, number, earlier.attempt)
            spans.append(span.attempt(task_id, TASK_NAME, task_attributes, earlier))
        task_id = ids.task_span_id(run_id, item.id, number, row.attempt)
        spans.append(
            span.child(task_id, TASK_NAME, task_attributes + outcome, row.started_ns, row.ended_ns, failure)
        )
        foreign: list[bytes] = []
        _splice(done.task_spans, common, spans, foreign)
        self._evaluations(done, span, spans, foreign)
        return EncodedTrial(done.completion, item.id, number, root_id, spans, foreign)

    def _evaluations(
        self, done: CompletedTrial, span: "_SpanWriter", spans: list[bytes], foreign: list[bytes]
    ) -> None:
        item, row = done.item, done.row
        looked_at = b""
        if any(evaluation.evaluator for evaluation in done.evaluations):
            text = dumps(
                {
                    "input": item.input,
                    "output": row.output,
                    "expected_output": item.expected_output,
                    "metadata": item.metadata,
                }
            )
            if len(text) <= SHOWN_INPUT:
                looked_at = _text(b"langfuse.observation.input", text.decode())
        for evaluation in done.evaluations:
            if evaluation.evaluator:
                self._evaluation(done, evaluation, looked_at, span, spans)
                _splice(evaluation.spans, span.common, spans, foreign)

    def _evaluation(
        self,
        done: CompletedTrial,
        evaluation: EvaluationRecord,
        looked_at: bytes,
        span: "_SpanWriter",
        spans: list[bytes],
    ) -> None:
        name = evaluation.evaluator
        run_id, item_id = self._experiment.run_id, done.item.id
        attributes = self._evaluators[name] + looked_at
        for earlier in evaluation.earlier:
            span_id = ids.evaluator_span_id(run_id, item_id, done.trial, name, earlier.attempt)
            spans.append(span.attempt(span_id, name, attributes, earlier))
        if evaluation.status is EvaluationStatus.FAILED:
            attributes += _level(evaluation.failure)
        else:
            attributes += _text(b"langfuse.observation.output", dumps(_shown_scores(evaluation)).decode())
            if evaluation.status is EvaluationStatus.SKIPPED:
                attributes += _SKIPPED
        span_id = ids.evaluator_span_id(run_id, item_id, done.trial, name, evaluation.attempt)
        spans.append(
            span.child(
                span_id, name, attributes, evaluation.started_ns, evaluation.ended_ns, evaluation.failure
            )
        )

    def _common(self, done: CompletedTrial, root_id: str) -> bytes:
        """The attributes that every span of an item carries; the last of a span's attributes, so without a
        comma."""
        start = self._of_trial.get(done.trial)
        if start is None:
            start = self._of_trial[done.trial] = self._experiment_attributes(done.trial)
        item = done.item
        known_as = self._experiment.item_id(item.id)
        parts = [start, _text(b"langfuse.experiment.item.id", known_as)]
        if self._has_sessions:
            parts.append(_text(b"session.id", ids.session_id(self._experiment.run_id, item.id, done.trial)))
        metadata = hosted_metadata(item) if known_as != item.id else item.metadata
        if metadata is not None:
            whole = metadata if isinstance(metadata, dict) else {METADATA: metadata}
            parts.append(_text(b"langfuse.experiment.item.metadata", dumps(whole).decode()))
        parts.append(_text(b"langfuse.experiment.item.root_observation_id", root_id)[:-1])
        return b"".join(parts)

    def _experiment_attributes(self, trial: int) -> bytes:
        experiment = self._experiment
        texts = {
            "langfuse.environment": ENVIRONMENT,
            "langfuse.experiment.id": experiment.id_of(trial),
            "langfuse.experiment.name": experiment.name_of(trial),
            "langfuse.experiment.metadata": dumps(experiment.metadata_of(trial)).decode(),
        }
        if experiment.description:
            # The server shows the description of just any span of the experiment.
            texts["langfuse.experiment.description"] = experiment.description
        if experiment.dataset is not None:
            texts["langfuse.experiment.dataset.id"] = experiment.dataset.id
            if experiment.dataset.version:
                texts["langfuse.experiment.item.version"] = experiment.dataset.version
        return _texts(texts)


class _SpanWriter:
    """Spans of one trial."""

    def __init__(self, trace: bytes, root: bytes, common: bytes) -> None:
        self.common = common
        self._trace = trace
        self._root = root

    def root(self, attributes: bytes, start: int, end: int, failure: Failure | None) -> bytes:
        return b'{"attributes":[%b%b],"traceId":"%b","spanId":"%b","name":"%b",%b' % (
            attributes,
            self.common,
            self._trace,
            self._root,
            ROOT_NAME.encode(),
            _rest(start, end, failure),
        )

    def child(
        self, span_id: str, name: str, attributes: bytes, start: int, end: int, failure: Failure | None
    ) -> bytes:
        return b'{"attributes":[%b%b],"traceId":"%b","spanId":"%b","parentSpanId":"%b","name":%b,%b' % (
            attributes,
            self.common,
            self._trace,
            span_id.encode(),
            self._root,
            dumps(name),
            _rest(start, end, failure),
        )

    def attempt(self, span_id: str, name: str, attributes: bytes, attempt: AttemptRecord) -> bytes:
        """An attempt that failed and was followed by another."""
        return self.child(
            span_id,
            name,
            attributes + _level(attempt.failure),
            attempt.started_ns,
            attempt.ended_ns,
            attempt.failure,
        )


def _rest(start: int, end: int, failure: Failure | None) -> bytes:
    status = _OK if failure is None else b'{"code":2,"message":%b}' % dumps(_reason(failure))
    return b'"kind":1,"startTimeUnixNano":"%d","endTimeUnixNano":"%d","status":%b,"flags":256}' % (
        start,
        max(start, end),
        status,
    )


def _splice(records: Sequence[SpanRecord], common: bytes, own: list[bytes], foreign: list[bytes]) -> None:
    """Add user code's spans, the item's attributes put in front of their own."""
    for record in records:
        payload = record.payload
        if not payload.startswith(OWN_SCOPE_START) and FOREIGN_SPAN_START not in payload:
            payload = _attributes_first(payload)
        if payload.startswith(OWN_SCOPE_START):
            own.append(_with_attributes(payload, len(OWN_SCOPE_START), common))
        else:
            start = payload.index(FOREIGN_SPAN_START) + len(FOREIGN_SPAN_START)
            foreign.append(_with_attributes(payload, start, common))


def _attributes_first(payload: bytes) -> bytes:
    """A span whose keys stand in another order than they are written here."""
    span = loads(payload)
    return dumps({"attributes": span.pop("attributes", []), **span})


def _with_attributes(payload: bytes, start: int, common: bytes) -> bytes:
    comma = b"" if payload[start : start + 1] == b"]" else b","
    return payload[:start] + common + comma + payload[start:]


def _meta(key: str) -> str:
    return f"langfuse.observation.metadata.{key}"


def _text(key: bytes, text: str) -> bytes:
    return b'{"key":"%b","value":{"stringValue":%b}},' % (key, dumps(text))


def _texts(texts: dict[str, str]) -> bytes:
    """Attributes with a comma behind each."""
    return b"".join(_text(dumps(key)[1:-1], text) for key, text in texts.items())


def _json_text(key: str, value: Any) -> bytes:
    """An attribute that holds a tree as JSON; texts stand as they are, and nothing is no attribute."""
    if value is None:
        return b""
    return _text(key.encode(), value if isinstance(value, str) else dumps(value).decode())


def _tags(tags: Sequence[str]) -> bytes:
    values = b",".join(b'{"stringValue":%b}' % dumps(tag) for tag in tags)
    return b'{"key":"langfuse.trace.tags","value":{"arrayValue":{"values":[%b]}}},' % values


def _level(failure: Failure | None) -> bytes:
    if failure is None:
        return b""
    return _texts(
        {"langfuse.observation.level": "ERROR", "langfuse.observation.status_message": _reason(failure)}
    )


def _reason(failure: Failure) -> str:
    what = failure.type or failure.kind
    return f"{what}: {failure.message}" if failure.message else what


def _shown_scores(evaluation: EvaluationRecord) -> list[dict[str, Any]]:
    return [
        {"name": score.name, "value": score.value} | ({"comment": score.comment} if score.comment else {})
        for score in evaluation.scores
    ]


_IS_ROOT = b'{"key":"langfuse.internal.is_app_root","value":{"boolValue":true}},'
_SKIPPED = _texts({"langfuse.observation.status_message": "the evaluator chose not to score"})


class RequestEncoder:
    """Puts encoded trials into the body of a request."""

    def __init__(self, public_key: str) -> None:
        scope = {
            "name": SDK_SCOPE,
            "version": SDK_VERSION,
            # The server leaves out spans of the SDK's scope that another project's key signed.
            "attributes": [{"key": "public_key", "value": {"stringValue": public_key}}],
        }
        self._head = (
            b'{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":'
            b'{"stringValue":"evalspec"}}]},"scopeSpans":[{"scope":%b,"spans":[' % dumps(scope)
        )

    def body(self, trials: Iterable[EncodedTrial]) -> bytes:
        """The body of one request, before compression."""
        own: list[bytes] = []
        foreign: list[bytes] = []
        for trial in trials:
            own += trial.own
            foreign += trial.foreign
        others = b"," + b",".join(foreign) if foreign else b""
        return b"".join((self._head, b",".join(own), b"]}", others, b"]}]}"))
