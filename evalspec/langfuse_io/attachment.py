"""Where the scores of a trial go: to its root observation, or to those that an evaluator looked at."""

from collections.abc import Iterator
from dataclasses import dataclass

from evalspec.journal import ids
from evalspec.journal.records import ScoreRecord


@dataclass(frozen=True, slots=True)
class PlacedScore:
    """One score as it is sent. `observation` is the span it is attached to, None for the trial as a whole."""

    id: str
    value: float | str
    comment: str | None = None
    observation: str | None = None


def placed_scores(run_id: str, item_id: str, trial: int, score: ScoreRecord) -> Iterator[PlacedScore]:
    """What is sent of one score: itself, or its values at single observations."""
    if not score.parts:
        yield PlacedScore(ids.score_id(run_id, item_id, trial, score.name), score.value, score.comment)
    for part in score.parts:
        score_id = ids.observation_score_id(run_id, item_id, trial, score.name, part.observation)
        yield PlacedScore(score_id, part.value, part.comment, part.observation)
