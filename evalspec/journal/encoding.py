"""Records to rows and back."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType
from typing import Any, Self

import orjson

from evalspec.journal.database import TRIAL_BITS, TRIAL_MASK
from evalspec.journal.records import (
    EvaluationRecord,
    EvaluationStatus,
    Failure,
    RunHeader,
    RunScoreRecord,
    ScorePart,
    ScoreRecord,
    SliceRecord,
    TrialRecord,
    TrialStatus,
)
from evalspec.plan.values import Item

Row = tuple[Any, ...]

TRIAL_CODES = {TrialStatus.COMPLETED: 0, TrialStatus.FAILED: 1}
TRIAL_STATES = tuple(TRIAL_CODES)
EVALUATION_CODES = {EvaluationStatus.SCORED: 0, EvaluationStatus.FAILED: 1, EvaluationStatus.SKIPPED: 2}
EVALUATION_STATES = tuple(EVALUATION_CODES)
ALL_TRIALS = -1
"""The `trial` of a run score over all trials."""

_DETAILS, _SLICES = "details", "slices"
_TRIAL_FAILED = TRIAL_CODES[TrialStatus.FAILED]
_NO_FAILURE: Row = ("", "", "", 0)
_DIGEST_PREFIX = "sha256:"
_DIGEST_BYTES = 32
_ROW_BYTES = 200
"""About what a record takes in memory beside its texts."""


def trial_key(position: int, trial: int) -> int:
    """The number under which everything about one trial is stored."""
    if position < 0 or not 0 <= trial <= TRIAL_MASK:
        raise ValueError(f"there is no trial {trial} of item {position}")
    return position << TRIAL_BITS | trial


def split_key(key: int) -> tuple[int, int]:
    """Position and trial of a key."""
    return key >> TRIAL_BITS, key & TRIAL_MASK


class Names:
    """Evaluators and scores of a plan by number, in the plan's order; evaluators count from 1."""

    def __init__(self, evaluators: Iterable[str], scores: Iterable[str]) -> None:
        self.evaluators: tuple[str, ...] = ("", *evaluators)
        self.scores: tuple[str, ...] = tuple(scores)
        self.owners = {name: number for number, name in enumerate(self.evaluators)}
        self.all_evaluators: Mapping[str, int] = MappingProxyType(dict.fromkeys(self.evaluators[1:], 0))
        """Every evaluator, called no time so far."""
        self.score_numbers = {name: number for number, name in enumerate(self.scores)}

    @classmethod
    def of_plan(cls, plan_json: bytes) -> Self:
        """Those of a plan's text; reading it whole takes memory where it has many items."""
        plan = orjson.loads(plan_json)
        return cls(plan["evaluators"], plan["scores"])

    @classmethod
    def from_json(cls, stored: bytes) -> Self:
        """What `to_json` gave."""
        return cls(*orjson.loads(stored))

    def to_json(self) -> bytes:
        """As the journal keeps them, so that nobody has to read the plan for them."""
        return orjson.dumps([self.evaluators[1:], self.scores])


class Group:
    """Records that are committed together, as rows by table; `size` is about how many bytes they take."""

    __slots__ = ("earlier", "evaluations", "run_scores", "scores", "size", "spans", "trials")

    def __init__(self) -> None:
        self.trials: list[Row] = []
        self.evaluations: list[Row] = []
        self.scores: list[Row] = []
        # Thousands of groups may wait for the disk; what few of them have is made when it comes.
        self.spans: Sequence[Row] = ()
        self.earlier: Sequence[Row] = ()
        self.run_scores: Sequence[Row] = ()
        self.size = 0

    @property
    def count(self) -> int:
        """How many records these are."""
        return len(self.trials) + len(self.evaluations) + len(self.run_scores)

    def add_trial(self, record: TrialRecord) -> None:
        """Add a trial. Raises TypeError where the output is no JSON tree."""
        key = trial_key(record.position, record.trial)
        if record.status is TrialStatus.COMPLETED:
            code, output = 0, orjson.dumps(record.output).decode()
            self.size += _ROW_BYTES + len(output)
        else:
            code, output = _TRIAL_FAILED, ""
            self.size += _ROW_BYTES
        self.trials.append(
            (
                key,
                code,
                record.attempt,
                record.first_started_ns,
                record.started_ns,
                record.ended_ns,
            )
            + (_NO_FAILURE if record.failure is None else _failure_row(record.failure))
            + (record.output_digest or "", output)
        )
        if record.spans or record.earlier:
            self._add_history(key, 0, record)

    def add_evaluation(self, record: EvaluationRecord, names: Names) -> None:
        """Add an evaluation. Raises KeyError for an evaluator or score the plan does not have."""
        key = trial_key(record.position, record.trial)
        owner = names.owners[record.evaluator]
        status = record.status
        code = 0 if status is EvaluationStatus.SCORED else EVALUATION_CODES[status]
        failure = _NO_FAILURE if record.failure is None else _failure_row(record.failure)
        self.evaluations.append(
            (key, owner, code, record.attempt, record.started_ns, record.ended_ns, *failure)
        )
        self.size += _ROW_BYTES
        for score in record.scores:
            comment = score.comment or ""
            metadata = orjson.dumps(score.metadata).decode() if score.metadata else ""
            parts = _parts_json(score.parts) if score.parts else ""
            self.size += _ROW_BYTES + len(comment) + len(metadata) + len(parts)
            number = names.score_numbers[score.name]
            self.scores.append(
                (number, key, owner, int(score.imputed), score.value, comment, metadata, parts)
            )
        if record.spans or record.earlier:
            self._add_history(key, owner, record)

    def add_run_score(self, record: RunScoreRecord) -> None:
        """Add a run-level score."""
        self.run_scores = [*self.run_scores, run_score_row(record)]

    def _add_history(self, key: int, owner: int, record: TrialRecord | EvaluationRecord) -> None:
        """Add the spans, and the attempts before the last."""
        spans = [(key, owner, span.span_id, span.payload) for span in record.spans]
        self.size += sum(_ROW_BYTES + len(span.payload) for span in record.spans)
        self.spans = [*self.spans, *spans]
        earlier = [
            (
                key,
                owner,
                attempt.attempt,
                attempt.started_ns,
                attempt.ended_ns,
                *_failure_row(attempt.failure),
            )
            for attempt in record.earlier
        ]
        self.earlier = [*self.earlier, *earlier]


def _failure_row(failure: Failure) -> Row:
    return (failure.kind, failure.type, failure.message, int(failure.outage))


def failure_of(row: Sequence[Any]) -> Failure | None:
    """The failure that four columns hold."""
    kind, type_name, message, outage = row
    return Failure(kind, type_name, message, bool(outage)) if kind else None


def score_of(row: Sequence[Any], names: Names) -> ScoreRecord:
    """The score of the columns name, imputed, value, comment, metadata, parts."""
    name, imputed, value, comment, metadata, parts = row
    return ScoreRecord(
        names.scores[name],
        value,
        comment or None,
        orjson.loads(metadata) if metadata else {},
        bool(imputed),
        tuple(ScorePart(*part) for part in orjson.loads(parts)) if parts else (),
    )


def _parts_json(parts: Sequence[ScorePart]) -> str:
    return orjson.dumps([[part.observation, part.value, part.comment] for part in parts]).decode()


def run_score_row(record: RunScoreRecord) -> Row:
    """A run-level score as a row without its marks."""
    return (
        record.name,
        ALL_TRIALS if record.trial is None else record.trial,
        record.data_type,
        record.value,
        _coverage_json(record),
        *(_NO_FAILURE if record.failure is None else _failure_row(record.failure)),
        record.comment,
    )


def run_score_of(row: Sequence[Any]) -> RunScoreRecord:
    """The run-level score of a row."""
    name, trial, data_type, value, coverage, *failure, comment = row
    counts = orjson.loads(coverage)
    details, slices = counts.pop(_DETAILS, {}), counts.pop(_SLICES, ())
    return RunScoreRecord(
        name,
        None if trial == ALL_TRIALS else trial,
        data_type,
        value,
        counts,
        failure_of(failure),
        comment,
        details,
        tuple(SliceRecord(*part) for part in slices),
    )


def _coverage_json(record: RunScoreRecord) -> bytes:
    """The counts of a run-level score with what else is known of it, which most have none of."""
    slices = [[part.group, part.value, part.coverage, part.failure] for part in record.slices]
    more = {_DETAILS: record.details, _SLICES: slices}
    counts = {**record.coverage, **{key: value for key, value in more.items() if value}}
    return orjson.dumps(counts, option=orjson.OPT_SORT_KEYS)


def item_row(position: int, item: Item, digest: str) -> Row:
    """An item as a row. Raises TypeError where it holds something that is no JSON."""
    body = orjson.dumps([item.input, item.expected_output, item.metadata])
    return position, item.id, _packed(digest), body


def output_of(text: str) -> Any:
    """The output of its column."""
    return orjson.loads(text) if text else None


def item_of(item_id: str, body: bytes) -> Item:
    """The item of its columns."""
    return Item(item_id, *orjson.loads(body))


def digest_of(packed: bytes) -> str:
    """The digest of its column."""
    return _DIGEST_PREFIX + packed.hex()


def _packed(digest: str) -> bytes:
    raw = bytes.fromhex(digest.removeprefix(_DIGEST_PREFIX))
    if len(raw) != _DIGEST_BYTES:
        raise ValueError(f"not a digest: {digest!r}")
    return raw


def header_json(header: RunHeader) -> bytes:
    """The header as it is stored."""
    return orjson.dumps(asdict(header))


def header_of(stored: bytes) -> RunHeader:
    """The header that was stored."""
    fields = orjson.loads(stored)
    return RunHeader(**{**fields, "deviations": tuple(fields["deviations"])})
