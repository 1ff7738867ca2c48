"""What was recorded below the task's call of one trial, and the values that a score has there."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from evalspec.analysis.explained_parts import Attachment, ObservationDetail, ObservationTree, ScoreAt
from evalspec.journal.ids import observation_score_id, session_id, task_span_id
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import ScoreRecord
from evalspec.journal.rows import TrialRow
from evalspec.kinds.observations import Observation, read_observations
from evalspec.plan.model import PlanAttach

SHOWN_OBSERVATIONS: Final = 40
"""How many observations of a trial are shown: those nearest to the task's call, and the earliest of them."""

SHOWN_PLACES: Final = 20
"""At how many observations the value of a score is shown."""

_MESSAGE: Final = 200
"""Characters of what an observation says about its level."""

_EACH: Final = {
    "one": "the one {}",
    "each": "each {}",
    "first": "the first {}",
    "last": "the last {}",
}


class Place(NamedTuple):
    """One trial (from 0) of an item of a run."""

    run_id: str
    item_id: str
    trial: int


def observed(reader: JournalReader, place: Place, row: TrialRow | None) -> tuple[Observation, ...]:
    """What was recorded below the last call of the task, in the order of beginning."""
    if row is None:
        return ()
    earlier = [task_span_id(*place, attempt) for attempt in range(1, row.attempt)]
    return read_observations(reader.task_spans(row.position, row.trial), earlier)


def attachment(
    place: Place, attach: PlanAttach | None, score: ScoreRecord | None, observations: Sequence[Observation]
) -> Attachment | None:
    """What a score is attached to; None where that is the trace."""
    if attach is None:
        return None
    if attach.to == "session":
        return Attachment(to="session", wanted="the session", session=session_id(*place))
    known = {one.id: one for one in observations}
    parts = () if score is None else score.parts
    places = []
    for part in parts[:SHOWN_PLACES]:
        one = known.get(part.observation)
        places.append(
            ScoreAt(
                id=observation_score_id(*place, score.name if score else "", part.observation),
                observation=part.observation,
                name=None if one is None else one.name,
                type=None if one is None else one.type,
                value=part.value,
                comment=part.comment,
            )
        )
    what = f"{attach.type or 'observation'}{f' named {attach.name}' if attach.name else ''}"
    return Attachment(
        to="observation",
        wanted=_EACH[attach.match].format(what),
        places=places,
        left_out=len(parts) - len(places),
    )


def observation_tree(observations: Sequence[Observation]) -> ObservationTree | None:
    """The observations of a trial, each right above those below it; None where there are none."""
    if not observations:
        return None
    known = {one.id for one in observations}
    below: dict[str | None, list[Observation]] = {}
    for one in observations:
        below.setdefault(one.parent_id if one.parent_id in known else None, []).append(one)
    kept = _nearest(below)
    listed = [
        _detail(one, parent, depth, sum(child.id not in kept for child in below.get(one.id, ())))
        for one, parent, depth in _in_order(below, kept)
    ]
    return ObservationTree(
        total=len(observations),
        left_out=sum(one.id not in kept for one in below.get(None, ())),
        observations=listed,
    )


_Below = dict[str | None, list[Observation]]
"""The observations right below each, by its id; None for the call itself."""


def _nearest(below: _Below) -> set[str]:
    """The ids of those that are shown, level by level, so that what is above one is shown as well."""
    kept: set[str] = set()
    level: Sequence[Observation] = below.get(None, ())
    while level and len(kept) < SHOWN_OBSERVATIONS:
        kept.update(one.id for one in level[: SHOWN_OBSERVATIONS - len(kept)])
        level = [child for one in level if one.id in kept for child in below.get(one.id, ())]
    return kept


def _in_order(below: _Below, kept: set[str]) -> Iterable[tuple[Observation, str | None, int]]:
    """Each with the id of the one above it, and its depth."""
    stack: list[tuple[Observation, str | None, int]]
    stack = [(one, None, 0) for one in reversed(below.get(None, ()))]
    while stack:
        one, parent, depth = stack.pop()
        if one.id in kept:
            yield one, parent, depth
            stack += [(child, one.id, depth + 1) for child in reversed(below.get(one.id, ()))]


def _detail(one: Observation, parent: str | None, depth: int, left_out: int) -> ObservationDetail:
    usage = one.usage or {}
    message = one.status_message
    if message is not None and len(message) > _MESSAGE:
        message = f"{message[: _MESSAGE - 1]}…"
    # The label of an embedded model says in many words that it is one.
    embedded = one.metadata.get("model_requested") if "embedded" in one.metadata else None
    return ObservationDetail(
        id=one.id,
        parent=parent,
        depth=depth,
        name=one.name,
        type=one.type,
        duration_seconds=one.duration,
        level=one.level,
        status_message=message or None,
        model=one.model if embedded is None else str(embedded),
        input_tokens=usage.get("input"),
        output_tokens=usage.get("output"),
        left_out=left_out,
    )
