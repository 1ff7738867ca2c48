"""A score's values and counts, read from a journal."""

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from evalspec.analysis.counts import Counts
from evalspec.analysis.sample import Sample
from evalspec.journal.reader import JournalReader
from evalspec.plan.model import Plan, PlanScore

_trial = itemgetter(0)


@dataclass(frozen=True, slots=True)
class Tally:
    """The values of one score and the fate of every expected one."""

    sample: Sample
    counts: Counts


def evaluator_of(plan: Plan, score: str) -> str | None:
    """The evaluator that gives a score; None where none does."""
    return next((name for name, part in plan.evaluators.items() if score in part.scores.values()), None)


def read_tallies(reader: JournalReader, plan: Plan, name: str) -> list[Tally]:
    """The tally of a score for each trial number."""
    repeats = plan.task.repeats
    score, evaluator = plan.scores[name], evaluator_of(plan, name)
    samples = [Sample(score) for _ in range(repeats)]
    if evaluator is None:
        return [Tally(sample, Counts(0)) for sample in samples]
    items = reader.item_count()
    looked = [
        (reader.trial_counts(trial), reader.evaluation_counts(evaluator, trial)) for trial in range(repeats)
    ]
    # The values last: of a run that goes on, a result may then be counted late, but not twice.
    for batch in reader.score_batches(name):
        batch.sort(key=_trial)
        for trial, rows in groupby(batch, _trial):
            _, values, imputed = zip(*rows, strict=True)
            samples[trial].add(values, sum(imputed))
    tallies = []
    for sample, (trials, evaluations) in zip(samples, looked, strict=True):
        failed = evaluations.failed + (trials.failed if score.on_task_failure == "missing" else 0)
        # An evaluator that gives several scores may leave out one of them.
        skipped = evaluations.scored + evaluations.skipped - (sample.size - sample.imputed)
        tallies.append(Tally(sample, Counts(items, sample.size, failed, max(0, skipped), sample.imputed)))
    return tallies


def together(score: PlanScore, tallies: list[Tally]) -> Tally:
    """All trial numbers as one."""
    if len(tallies) == 1:
        return tallies[0]
    sample, counts = Sample(score), Counts(0)
    for tally in tallies:
        sample.extend(tally.sample)
        counts += tally.counts
    return Tally(sample, counts)
