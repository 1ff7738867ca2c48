"""Why a score is what it is: the chain back to data, code and configuration."""

import shlex
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from evalspec.analysis.aggregates import TRIAL_FUNCTIONS
from evalspec.analysis.composed import composition
from evalspec.analysis.explained_parts import Fact
from evalspec.analysis.explanation import ExplainedScore, Explanation, FactorDetail
from evalspec.analysis.items import failure_detail
from evalspec.analysis.judged import judgement
from evalspec.analysis.observed import Place, attachment, observation_tree, observed
from evalspec.analysis.readings import scores_of
from evalspec.analysis.summarize import deviations_of, experiments
from evalspec.analysis.summary import HowTo
from evalspec.analysis.tally import evaluator_of
from evalspec.analysis.trial_scores import TrialScores
from evalspec.diagnostics.errors import UsageError
from evalspec.diagnostics.suggest import closest
from evalspec.evidence import (
    Factor,
    instrument_digest,
    item_factors,
    run_factors,
    score_factors,
    subject_digest,
)
from evalspec.evidence.factors import shown_value, spec_origin
from evalspec.evidence.run_factors import MODE, SOURCE, TASK_VERSION, dataset_text, selection_text
from evalspec.evidence.score_factors import config_text
from evalspec.journal.ids import observation_score_id, run_score_id, score_id, trace_id
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunHeader
from evalspec.plan.model import Plan, PlanAggregate
from evalspec.plan.values import Item

_RECORD = "record of the run"


@dataclass(frozen=True, slots=True)
class ScorePlace:
    """Where a score belongs. A run-level one has no `item_id`, one over all trials no `trial` (from 0)."""

    name: str
    item_id: str | None
    trial: int | None


def find_score_id(reader: JournalReader, plan: Plan, wanted: str) -> ScorePlace | None:
    """The place of the score with this id in a run, or None. Ids are derived, so all are tried.

    The value at an observation has an id of its own, and the place of its score.
    """
    run_id = reader.header().run_id
    for name in plan.aggregates:
        for trial in (None, *range(plan.task.repeats)):
            if run_score_id(run_id, trial, name) == wanted:
                return ScorePlace(name, None, trial)
    for item_id in plan.dataset.items.ids:
        for trial in range(plan.task.repeats):
            for name in plan.scores:
                if score_id(run_id, item_id, trial, name) == wanted:
                    return ScorePlace(name, item_id, trial)
    return _place_of_part(reader, plan, run_id, wanted)


def _place_of_part(reader: JournalReader, plan: Plan, run_id: str, wanted: str) -> ScorePlace | None:
    """The place of the score that has this id at one of its observations."""
    if not any(part.attach is not None for part in plan.evaluators.values()):
        return None
    for row, records in reader.results():
        for score in (score for record in records for score in record.scores):
            for part in score.parts:
                known = observation_score_id(run_id, row.item_id, row.trial, score.name, part.observation)
                if known == wanted:
                    return ScorePlace(score.name, row.item_id, row.trial)
    return None


def explain_item_score(reader: JournalReader, plan: Plan, item_id: str, trial: int, name: str) -> Explanation:
    """Where the score `name` of one trial (from 0) of an item comes from; also one that is missing.

    UsageError for an item, a trial or a score that the run does not have.
    """
    if name not in plan.scores:
        raise _unknown("score", name, plan.scores)
    _check_trial(plan, trial)
    header = reader.header()
    position = _position(reader, plan, item_id)
    item, digest = reader.item(position)
    row, records = reader.trial(position, trial), reader.evaluations(position, trial)
    factors = (
        *run_factors(plan, header.environment, deviations_of(reader), reader.meta(TASK_VERSION)),
        *score_factors(plan, name),
        *item_factors(plan, name, item),
    )
    number = f"item {position + 1} of {len(plan.dataset.items)}"
    dataset = spec_origin(plan, "dataset")
    output = None
    if row is not None and row.output_digest is not None:
        output = Fact(value=shown_value(row.output), digest=row.output_digest, origin=_RECORD)
    found = f"derived from run, item and trial; {'recorded' if row is not None else 'not recorded yet'}"
    trial_scores = TrialScores(plan, Place(header.run_id, item_id, trial), row, records)
    return Explanation(
        score=trial_scores.explained(name),
        **_pieces(reader, trial_scores, name, item),
        item=Fact(value=item_id, digest=digest, origin=f"{dataset}, {number}"),
        output=output,
        trace=Fact(value=trace_id(header.run_id, item_id, trial), origin=found),
        score_config=_config(plan, name),
        evaluator=_evaluator(plan, name),
        **_common(reader, plan, header, trial),
        **_evidence(factors),
    )


def explain_run_score(reader: JournalReader, plan: Plan, name: str, trial: int | None = None) -> Explanation:
    """Where a run-level score comes from: over one trial number (from 0), or over all of them.

    UsageError for an aggregate or a trial that the run does not have.
    """
    if name not in plan.aggregates:
        raise _unknown("aggregate", name, plan.aggregates)
    if trial is not None:
        _check_trial(plan, trial)
    aggregate = plan.aggregates[name]
    if trial is not None and plan.task.repeats > 1 and aggregate.function in TRIAL_FUNCTIONS:
        raise UsageError(f"`{name}` is computed over all trials and has no value for one of them")
    header = reader.header()
    over = aggregate.score
    origin = spec_origin(plan, f"aggregates.{name}")
    shown = f"{aggregate.function} of {over}" if over else f"{aggregate.function}, over all results"
    known = {**aggregate.fields, **({} if aggregate.by is None else {"by": aggregate.by})}
    parameters = ", ".join(
        f"{key} = {value if isinstance(value, str) else shown_value(value)}" for key, value in known.items()
    )
    measured = Factor("aggregate", "instrument", "score", aggregate.digest, shown, origin)
    factors = (
        *run_factors(plan, header.environment, deviations_of(reader), reader.meta(TASK_VERSION)),
        *_score_factors(plan, aggregate),
        measured,
    )
    return Explanation(
        score=_run_score(reader, plan, header.run_id, name, trial),
        aggregate=Fact(
            value=f"{shown} ({parameters})" if parameters else shown, digest=aggregate.digest, origin=origin
        ),
        score_config=_config(plan, over) if over else None,
        evaluator=_evaluator(plan, over) if over else None,
        **_common(reader, plan, header, trial),
        **_evidence(factors),
    )


def _score_factors(plan: Plan, aggregate: PlanAggregate) -> Iterator[Factor]:
    """What measures the scores that an aggregate is computed from; those of scores that its expressions read
    are named after their score, since there may be several."""
    for score in scores_of(aggregate):
        for factor in score_factors(plan, score):
            yield factor if aggregate.score else replace(factor, name=f"scores.{score}.{factor.name}")


def _pieces(reader: JournalReader, scores: TrialScores, name: str, item: Item) -> dict[str, Any]:
    """What the score of a trial was made of, what it is attached to, and where to look next."""
    plan, place = scores.plan, scores.place
    evaluator = evaluator_of(plan, name)
    part = None if evaluator is None else plan.evaluators[evaluator]
    observations = observed(reader, place, scores.row)
    record = scores.recorded(name)
    composed = None if part is None else composition(scores, part, item)
    read = [] if composed is None else composed.scores
    item_command = f"evalspec show {place.run_id} --item {shlex.quote(place.item_id)}"
    return {
        "composition": composed,
        "judgement": None
        if evaluator is None
        else judgement(plan, evaluator, place, scores.evaluation(name), record),
        "attachment": attachment(place, None if part is None else part.attach, record, observations),
        "observations": observation_tree(observations),
        "how_to": [
            *(
                HowTo(why=f"explain {one.name}", command=f"evalspec explain {shlex.quote(one.reference)}")
                for one in read
            ),
            HowTo(why="look at the item", command=item_command),
        ],
    }


def _run_score(
    reader: JournalReader, plan: Plan, run_id: str, name: str, trial: int | None
) -> ExplainedScore:
    # Of a run without repeats, the only trial and all trials are the same.
    key = None if plan.task.repeats == 1 else trial
    known: dict[str, Any] = {
        "id": run_score_id(run_id, key, name),
        "name": name,
        "level": "run",
        "data_type": plan.aggregates[name].data_type,
    }
    for record in reader.run_scores():
        if (record.name, record.trial) == (name, key):
            failed = failure_detail(record.failure)
            return ExplainedScore(
                **known,
                status="failed" if failed else "scored",
                value=record.value,
                comment=record.comment,
                failure=failed,
                coverage=record.coverage.get("coverage"),
            )
    return ExplainedScore(**known, status="pending")


def _common(reader: JournalReader, plan: Plan, header: RunHeader, trial: int | None) -> dict[str, Any]:
    """What is explained alike for scores of items and of runs."""
    dataset = plan.dataset
    origin = spec_origin(plan, "dataset")
    repeats = plan.task.repeats
    number = "all" if trial is None and repeats > 1 else str((trial or 0) + 1)
    code = plan.task.code or {}
    task = " ".join(filter(None, (plan.task.type, str(code.get("reference", "")))))
    experiment = experiments(header, repeats)[trial or 0]
    return {
        "dataset": Fact(value=dataset_text(dataset), digest=dataset.digest, origin=origin),
        "version": _version(reader, plan),
        "selection": Fact(value=selection_text(dataset), origin=f"{origin} where, sample"),
        "run": Fact(value=header.name, digest=header.plan_digest, origin=f"{_RECORD} {header.run_id}"),
        "trial": Fact(value=f"{number} of {repeats}", origin=f"{spec_origin(plan, 'task')} repeats"),
        "task": Fact(value=task, digest=plan.task.digest, origin=spec_origin(plan, "task")),
        "experiment": Fact(value=f"{experiment.name} ({experiment.id})", origin="derived from run and trial"),
        "mode": Fact(value=MODE, origin="evalspec run"),
        "source": Fact(value=SOURCE, origin="evalspec run"),
    }


def _version(reader: JournalReader, plan: Plan) -> Fact:
    """The hosted version where there is one; otherwise the content is its own version."""
    pinned = plan.dataset.fields.get("version")
    if pinned is not None:
        return Fact(value=str(pinned), origin="plan dataset.fields.version, pinned when it was compiled")
    published = reader.meta("experiment") or {}
    hosted = (published.get("experiment") or {}).get("dataset") if plan.dataset.push_to else None
    if hosted:
        return Fact(
            value=hosted["version"], digest=plan.dataset.digest, origin=f"hosted copy `{hosted['name']}`"
        )
    return Fact(
        value="the items' content",
        digest=plan.dataset.digest,
        origin="digest over ids and content of the selected items, in order",
    )


def _config(plan: Plan, name: str) -> Fact:
    score = plan.scores[name]
    origin = spec_origin(plan, f"scores.{name}")
    return Fact(value=f"{name}: {config_text(score)}", digest=score.digest, origin=origin)


def _evaluator(plan: Plan, name: str) -> Fact | None:
    evaluator = evaluator_of(plan, name)
    if evaluator is None:
        return None
    part = plan.evaluators[evaluator]
    origin = spec_origin(plan, f"evaluators.{evaluator}")
    shown = f"{evaluator} ({part.type}, revision {part.semantics})"
    return Fact(value=shown, digest=part.digest, origin=origin)


def _evidence(factors: Iterable[Factor]) -> dict[str, Any]:
    known = list(factors)
    return {
        "subject_digest": subject_digest(known),
        "instrument_digest": instrument_digest(known),
        "factors": [
            FactorDetail(
                name=factor.name,
                role=factor.role,
                scope=factor.scope,
                digest=factor.digest,
                value=factor.value,
                origin=factor.origin,
            )
            for factor in known
        ],
    }


def _position(reader: JournalReader, plan: Plan, item_id: str) -> int:
    position = reader.position_of(item_id)
    if position is None:
        raise _unknown("item", item_id, plan.dataset.items.ids)
    return position


def _check_trial(plan: Plan, trial: int) -> None:
    repeats = plan.task.repeats
    if not 0 <= trial < repeats:
        known = "one trial" if repeats == 1 else f"trials 1 to {repeats}"
        raise UsageError(f"the run has no trial {trial + 1}; it has {known} per item")


def _unknown(what: str, name: str, known: Iterable[str]) -> UsageError:
    near = closest(name, known)
    return UsageError(f"the run has no {what} `{name}`" + (f"; did you mean `{near}`?" if near else ""))
