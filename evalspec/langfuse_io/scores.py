"""Scores as the server takes them: what is sent, and what is not sent because it would be dropped.

A value outside its config's bounds is answered 200 and then dropped, so every value is looked at here first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from orjson import dumps

from evalspec.journal import ids
from evalspec.journal.records import EvaluationRecord, RunScoreRecord, ScoreRecord
from evalspec.journal.rows import CompletedTrial, Refusal
from evalspec.langfuse_io.aggregate_metadata import aggregate_metadata
from evalspec.langfuse_io.attachment import PlacedScore, placed_scores
from evalspec.langfuse_io.experiment import ENVIRONMENT, SCORE_MODE, SCORE_SOURCE, Experiment
from evalspec.langfuse_io.score_configs import ServerConfig, invalid_value
from evalspec.plan.model import Plan


@dataclass(frozen=True, slots=True)
class ScoreRow:
    """One score to be sent. `body` is the JSON object without its time; `completion` is None for run-level
    scores."""

    id: str
    name: str
    value: float | str
    item_id: str | None
    trial: int | None
    completion: int | None
    timestamp: str
    body: bytes

    def as_event(self, session: str) -> bytes:
        """As an event of the ingestion endpoint. The event's id is new in every session, the score's
        never."""
        return b'{"id":"%b-%b","type":"score-create","timestamp":"%b","body":%b}' % (
            session.encode(),
            self.id.encode(),
            self.timestamp.encode(),
            self.body,
        )

    def as_element(self) -> bytes:
        """As an element of the list that the new score endpoint takes."""
        return b'%b,"timestamp":"%b"}' % (self.body[:-1], self.timestamp.encode())

    def refused(self, reason: str) -> Refusal:
        """The refusal of this score."""
        kind = "run_score" if self.completion is None else "score"
        return Refusal(kind, self.id, self.item_id, self.trial, self.name, reason)


@dataclass(frozen=True, slots=True)
class Sendable:
    """Scores that may be sent, and those that must not."""

    rows: tuple[ScoreRow, ...]
    refusals: tuple[Refusal, ...]


class ScoreEncoder:
    """Makes the scores of one run ready to be sent."""

    def __init__(self, experiment: Experiment, plan: Plan, configs: Mapping[str, ServerConfig]) -> None:
        self._experiment = experiment
        self._configs = configs
        self._types: dict[str, str] = {name: score.data_type for name, score in plan.scores.items()}
        self._heads = {name: self._head(name, data_type) for name, data_type in self._types.items()}
        run = {
            "evalspec_run": experiment.run_id,
            "evalspec_mode": SCORE_MODE,
            "evalspec_source": SCORE_SOURCE,
            "evalspec_plan_digest": plan.digest,
        }
        self._run_metadata = run
        self._metadata: dict[tuple[str, str], bytes] = {}
        self._digests = {name: evaluator.digest for name, evaluator in plan.evaluators.items()}
        # Imputed scores stand in for those of an evaluator that was not called.
        self._givers = {
            score: name for name, evaluator in plan.evaluators.items() for score in evaluator.scores.values()
        }
        self._on_sessions = {
            score
            for evaluator in plan.evaluators.values()
            if evaluator.attach is not None and evaluator.attach.to == "session"
            for score in evaluator.scores.values()
        }
        self._config_digests = {name: score.digest for name, score in plan.scores.items()}

    def trial(self, done: CompletedTrial) -> Sendable:
        """The scores of one completed trial."""
        rows: list[ScoreRow] = []
        refusals: list[Refusal] = []
        run_id, item_id, trial = self._experiment.run_id, done.item.id, done.trial
        subject = b'"traceId":"%b","observationId":"%b"' % (
            ids.trace_id(run_id, item_id, trial).encode(),
            ids.root_span_id(run_id, item_id, trial).encode(),
        )
        about = b'"evalspec_item":%b,"evalspec_item_digest":"%b","evalspec_trial":"%d"' % (
            dumps(item_id),
            done.item_digest.encode(),
            trial + 1,
        )
        for evaluation in done.evaluations:
            for score in evaluation.scores:
                time = self._time(done, evaluation, score)
                metadata = self._score_metadata(evaluation.evaluator, score, about)
                for placed in placed_scores(run_id, item_id, trial, score):
                    if objection := self._objection(score.name, self._types[score.name], placed.value):
                        refusals.append(Refusal("score", placed.id, item_id, trial, score.name, objection))
                        continue
                    where = self._where(done, placed, score.name) or subject
                    head = self._heads[score.name]
                    body = self._body(placed.id, head, where, placed.value, placed.comment, metadata)
                    rows.append(
                        ScoreRow(
                            placed.id, score.name, placed.value, item_id, trial, done.completion, time, body
                        )
                    )
        return Sendable(tuple(rows), tuple(refusals))

    def _time(self, done: CompletedTrial, evaluation: EvaluationRecord, score: ScoreRecord) -> str:
        """When a score was given. One that takes the place of another keeps its time: servers of the new
        contract know a score by id and time.
        """
        earlier = done.withdrawn.get(score.name)
        replaces = earlier is not None and earlier.replaced and not earlier.asked_ns
        return iso_time(earlier.given_ns if earlier and replaces else evaluation.ended_ns)

    def _where(self, done: CompletedTrial, placed: PlacedScore, name: str) -> bytes | None:
        """What a score is attached to, where that is not the trial's root observation."""
        run_id, item_id, trial = self._experiment.run_id, done.item.id, done.trial
        if placed.observation is not None:
            trace = ids.trace_id(run_id, item_id, trial)
            return b'"traceId":"%b","observationId":"%b"' % (trace.encode(), placed.observation.encode())
        if name in self._on_sessions:
            return b'"sessionId":"%b"' % ids.session_id(run_id, item_id, trial).encode()
        return None

    def run_scores(self, records: Sequence[RunScoreRecord], ended_ns: int) -> Sendable:
        """The run-level scores. Those over all trials of several go to the first experiment, under a name
        that says so; those that have no value are left out."""
        rows: list[ScoreRow] = []
        refusals: list[Refusal] = []
        for record in records:
            if record.value is None:
                continue
            score_id = ids.run_score_id(self._experiment.run_id, record.trial, record.name)
            name = self.run_score_name(record)
            if objection := invalid_value(record.data_type, record.value):
                refusals.append(Refusal("run_score", score_id, None, record.trial, record.name, objection))
                continue
            covered = self._experiment.repeats if record.trial is None else 1
            metadata = {
                **self._run_metadata,
                "evalspec_aggregate": record.name,
                "evalspec_trials": str(covered),
                **{f"evalspec_{key}": value for key, value in record.coverage.items()},
                **aggregate_metadata(record),
            }
            subject = b'"datasetRunId":"%b"' % self._experiment.id_of(record.trial or 0).encode()
            body = self._body(
                score_id,
                _head(name, record.data_type, None),
                subject,
                record.value,
                record.comment,
                dumps(metadata),
            )
            rows.append(
                ScoreRow(
                    score_id, record.name, record.value, None, record.trial, None, iso_time(ended_ns), body
                )
            )
        return Sendable(tuple(rows), tuple(refusals))

    def run_score_name(self, record: RunScoreRecord) -> str:
        """The name a run-level score has on the server."""
        repeats = self._experiment.repeats
        return f"{record.name} ({repeats} trials)" if record.trial is None and repeats > 1 else record.name

    def _objection(self, name: str, data_type: str, value: float | str) -> str | None:
        config = self._configs.get(name)
        if config is not None and config.data_type != data_type:
            return f"score config `{name}` on the server is {config.data_type}, the plan says {data_type}"
        found = invalid_value(data_type, value)
        if found is None and config is not None:
            found = config.objection(value)
            if found is not None:
                return f"{found} of score config `{name}` on the server, which would drop it"
        return found

    def _head(self, name: str, data_type: str) -> bytes:
        config = self._configs.get(name)
        return _head(name, data_type, config.id if config else None)

    def _body(
        self,
        score_id: str,
        head: bytes,
        subject: bytes,
        value: float | str,
        comment: str | None,
        metadata: bytes,
    ) -> bytes:
        said = b',"comment":%b' % dumps(comment) if comment else b""
        return b'{"id":"%b",%b,%b,"value":%b%b,"metadata":%b}' % (
            score_id.encode(),
            head,
            subject,
            dumps(value),
            said,
            metadata,
        )

    def _score_metadata(self, evaluator: str, score: ScoreRecord, about: bytes) -> bytes:
        """The metadata of one score; what it carries itself comes first, so that ours holds where both say
        a thing."""
        fixed = self._metadata.get((evaluator, score.name))
        if fixed is None:
            known: dict[str, Any] = {
                **self._run_metadata,
                "evalspec_score_digest": self._config_digests[score.name],
            }
            if giver := evaluator or self._givers.get(score.name):
                known |= {"evalspec_evaluator": giver, "evalspec_evaluator_digest": self._digests[giver]}
            if not evaluator:
                known["evalspec_imputed"] = "true"
            fixed = self._metadata[evaluator, score.name] = dumps(known)[1:]
        own = {key: value for key, value in score.metadata.items() if not key.startswith("evalspec_")}
        if own:
            return dumps(own)[:-1] + b"," + about + b"," + fixed
        return b"{" + about + b"," + fixed


def _head(name: str, data_type: str, config_id: str | None) -> bytes:
    config = b',"configId":%b' % dumps(config_id) if config_id else b""
    return b'"name":%b,"dataType":"%b","environment":"%b"%b' % (
        dumps(name),
        data_type.encode(),
        ENVIRONMENT.encode(),
        config,
    )


def iso_time(nanoseconds: int) -> str:
    """A time of the journal as the API writes times, in milliseconds."""
    seconds, rest = divmod(nanoseconds // 1_000_000, 1000)
    return f"{_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=64)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"
