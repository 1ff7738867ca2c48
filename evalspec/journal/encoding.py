"""Records to rows and back."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import orjson

from evalspec.journal.database import TRIAL_BITS, TRIAL_MASK
from evalspec.journal.records import (
    AttemptRecord,
    EvaluationRecord,
    EvaluationStatus,
    Failure,
    RunHeader,
    RunScoreRecord,
    ScoreRecord,
    SpanRecord,
    TrialRecord,
    TrialStatus,
)
from evalspec.plan.values import Item, ItemDigests

Row = tuple[Any, ...]

TRIAL_CODES = {TrialStatus.COMPLETED: 0, TrialStatus.FAILED: 1}
TRIAL_STATES = tuple(TRIAL_CODES)
EVALUATION_CODES = {EvaluationStatus.SCORED: 0, EvaluationStatus.FAILED: 1, EvaluationStatus.SKIPPED: 2}
EVALUATION_STATES = tuple(EVALUATION_CODES)
ALL_TRIALS = -1
"""The `trial` of a run score over all trials."""

_NO_FAILURE: Row = (None, None, None, None)
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

    def __init__(self, plan_json: bytes) -> None:
        plan = orjson.loads(plan_json)
        self.evaluators: tuple[str, ...] = ("", *plan["evaluators"])
        self.scores: tuple[str, ...] = tuple(plan["scores"])
        self.owners = {name: number for number, name in enumerate(self.evaluators)}
        self.score_numbers = {name: number for number, name in enumerate(self.scores)}


class Rows:
    """One trial or evaluation as rows: its own, and those of its scores, spans and earlier attempts."""

    __slots__ = ("earlier", "is_trial", "key", "owner", "row", "scores", "size", "spans")

    def __init__(self, *, is_trial: bool, key: int, owner: int, row: Row, size: int) -> None:
        self.is_trial = is_trial
        self.key = key
        self.owner = owner
        self.row = row
        self.size = size
        self.scores: Sequence[Row] = ()
        self.spans: Sequence[Row] = ()
        self.earlier: Sequence[Row] = ()

    def add(self, spans: Sequence[SpanRecord], earlier: Sequence[AttemptRecord]) -> None:
        """The rows of spans and of attempts before the last."""
        key, owner = self.key, self.owner
        self.spans = [(key, owner, span.span_id, span.payload) for span in spans]
        self.earlier = [
            (
                key,
                owner,
                attempt.attempt,
                attempt.started_ns,
                attempt.ended_ns,
                *_failure_row(attempt.failure),
            )
            for attempt in earlier
        ]
        self.size += sum(len(span.payload) for span in spans)


def _failure_row(failure: Failure | None) -> Row:
    if failure is None:
        return _NO_FAILURE
    return (failure.kind, failure.type, failure.message, int(failure.outage))


def failure_of(row: Sequence[Any]) -> Failure | None:
    """The failure that four columns hold."""
    kind, type_name, message, outage = row
    return None if kind is None else Failure(kind, type_name, message, bool(outage))


def trial_rows(record: TrialRecord) -> Rows:
    """A trial as rows. Raises TypeError where the output is no JSON tree."""
    key = trial_key(record.position, record.trial)
    output = orjson.dumps(record.output) if record.status is TrialStatus.COMPLETED else None
    row = (
        key,
        TRIAL_CODES[record.status],
        record.attempt,
        record.first_started_ns,
        record.started_ns,
        record.ended_ns,
        *_failure_row(record.failure),
        record.output_digest,
        output,
    )
    rows = Rows(is_trial=True, key=key, owner=0, row=row, size=_ROW_BYTES + len(output or b""))
    if record.spans or record.earlier:
        rows.add(record.spans, record.earlier)
    return rows


def evaluation_rows(record: EvaluationRecord, names: Names) -> Rows:
    """An evaluation as rows. Raises KeyError for an evaluator or score the plan does not have."""
    key = trial_key(record.position, record.trial)
    owner = names.owners[record.evaluator]
    row = (
        key,
        owner,
        EVALUATION_CODES[record.status],
        record.attempt,
        record.started_ns,
        record.ended_ns,
        *_failure_row(record.failure),
    )
    rows = Rows(is_trial=False, key=key, owner=owner, row=row, size=_ROW_BYTES)
    if record.scores:
        numbers = names.score_numbers
        rows.scores = [
            (
                numbers[score.name],
                key,
                owner,
                int(score.imputed),
                score.value,
                score.comment,
                orjson.dumps(score.metadata) if score.metadata else None,
            )
            for score in record.scores
        ]
        rows.size += sum(_ROW_BYTES + len(row[5] or "") + len(row[6] or b"") for row in rows.scores)
    if record.spans or record.earlier:
        rows.add(record.spans, record.earlier)
    return rows


def score_of(row: Sequence[Any], names: Names) -> ScoreRecord:
    """The score of the columns name, imputed, value, comment, metadata."""
    name, imputed, value, comment, metadata = row
    return ScoreRecord(
        names.scores[name], value, comment, orjson.loads(metadata) if metadata else {}, bool(imputed)
    )


def run_score_row(record: RunScoreRecord) -> Row:
    """A run-level score as a row without its marks."""
    return (
        record.name,
        ALL_TRIALS if record.trial is None else record.trial,
        record.data_type,
        record.value,
        orjson.dumps(record.coverage, option=orjson.OPT_SORT_KEYS),
        *_failure_row(record.failure),
    )


def run_score_of(row: Sequence[Any]) -> RunScoreRecord:
    """The run-level score of a row."""
    name, trial, data_type, value, coverage, *failure = row
    return RunScoreRecord(
        name,
        None if trial == ALL_TRIALS else trial,
        data_type,
        value,
        orjson.loads(coverage),
        failure_of(failure),
    )


def item_row(position: int, item: Item, digests: ItemDigests) -> Row:
    """An item as a row. Raises TypeError where it holds something that is no JSON."""
    packed = b"".join(
        _packed(digest) for digest in (digests.item, digests.input, digests.expected_output, digests.metadata)
    )
    return position, item.id, packed, orjson.dumps([item.input, item.expected_output, item.metadata])


def item_of(item_id: str, body: bytes) -> Item:
    """The item of its columns."""
    return Item(item_id, *orjson.loads(body))


def digests_of(packed: bytes) -> ItemDigests:
    """The digests of their column."""
    parts = (packed[start : start + _DIGEST_BYTES] for start in range(0, len(packed), _DIGEST_BYTES))
    return ItemDigests(*(_DIGEST_PREFIX + part.hex() for part in parts))


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
