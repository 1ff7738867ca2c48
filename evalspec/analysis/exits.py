"""Exit codes: what a run says to the shell, and why."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from evalspec.analysis.aggregates import PYTHON
from evalspec.analysis.readings import scores_of
from evalspec.analysis.summary import (
    AggregateSummary,
    GateSummary,
    PublicationSummary,
    Reason,
    ScoreSummary,
    WorkCounts,
)
from evalspec.plan.model import Plan

FINE, GATE_FAILED, WRONG, INCOMPLETE, INCOMPARABLE, UNREACHABLE, MOVED, INTERNAL = 0, 1, 2, 3, 4, 5, 6, 70

PRECEDENCE: Final = (INTERNAL, WRONG, MOVED, INCOMPLETE, INCOMPARABLE, GATE_FAILED, UNREACHABLE)
"""The first of these that applies is the exit code."""


def exit_code(reasons: Iterable[Reason]) -> int:
    """The exit code that several reasons give together."""
    codes = {reason.exit_code for reason in reasons}
    return next((code for code in PRECEDENCE if code in codes), FINE)


def in_order(reasons: Iterable[Reason]) -> list[Reason]:
    """Reasons by precedence."""
    return sorted(reasons, key=lambda reason: PRECEDENCE.index(reason.exit_code))


def covered_scores(plan: Plan, aggregates: Mapping[str, AggregateSummary]) -> frozenset[str]:
    """The scores whose missing results a tolerance covers: the `min_coverage` of a gate on one of their
    aggregates is reached. A function over all results speaks for every score.
    """
    covered: set[str] = set()
    for gate in plan.gates.values():
        aggregate = aggregates[gate.aggregate]
        if gate.min_coverage is not None and aggregate.coverage >= gate.min_coverage:
            by_code = aggregate.function == PYTHON
            covered |= set(plan.scores if by_code else scores_of(plan.aggregates[gate.aggregate]))
    return frozenset(covered)


def _aggregate_reasons(plan: Plan, aggregates: Mapping[str, AggregateSummary]) -> Iterator[Reason]:
    """The aggregates whose own expressions failed where no gate on them allows that."""
    for name, aggregate in aggregates.items():
        missing = sum(failure.count for failure in aggregate.failures)
        bounds = [gate.min_coverage for gate in plan.gates.values() if gate.aggregate == name]
        tolerated = any(bound is not None and aggregate.coverage >= bound for bound in bounds)
        if missing and not tolerated:
            what = f"{missing} of {aggregate.expected} results of the aggregate `{name}`"
            message = f"{what} are missing and no tolerance covers them."
            yield Reason(exit_code=INCOMPLETE, code="results-missing", message=message)


def run_reasons(
    plan: Plan,
    status: str,
    trials: WorkCounts,
    scores: Mapping[str, ScoreSummary],
    aggregates: Mapping[str, AggregateSummary],
    gates: Mapping[str, GateSummary],
    broken: Mapping[str, str],
    stopped_by: str | None = None,
) -> list[Reason]:
    """Why a run is incomplete or does not pass; `broken` are the functions over all results that failed,
    `stopped_by` what ended the session.

    A tolerance covers results that failed; a run that stopped before all the work was attempted is incomplete
    whatever its gates tolerate.
    """
    reasons = []
    if status != "completed":
        reasons.append(
            Reason(
                exit_code=INCOMPLETE, code=f"run-{status}", message=_stopped(plan, status, trials, stopped_by)
            )
        )
    covered = covered_scores(plan, aggregates)
    for name, score in scores.items():
        missing = score.failed + score.pending
        if missing and name not in covered:
            message = (
                f"{missing} of {score.expected} results of `{name}` are missing and no tolerance covers them."
            )
            reasons.append(Reason(exit_code=INCOMPLETE, code="results-missing", message=message))
    if not scores and trials.failed:
        message = f"The task failed in {trials.failed} of {trials.expected} trials."
        reasons.append(Reason(exit_code=INCOMPLETE, code="results-missing", message=message))
    reasons += _aggregate_reasons(plan, aggregates)
    for name, why in broken.items():
        message = f"The aggregate `{name}` has no value: {why.rstrip('.')}."
        reasons.append(Reason(exit_code=INCOMPLETE, code="aggregate-failed", message=message))
    for name, gate in gates.items():
        if not gate.passed:
            message = f"Gate `{name}` failed: {gate.reason}"
            reasons.append(Reason(exit_code=GATE_FAILED, code="gate-failed", message=message))
    return reasons


def publication_reasons(publication: PublicationSummary, *, required: bool) -> list[Reason]:
    """Why a run has not reached the server whole. What is merely pending counts only if `required`."""
    if publication.backend == "local":
        return []
    reasons: Sequence[tuple[int, str, str]] = (
        (publication.pending, "publication-pending", "have not been sent"),
        (
            publication.not_yet_visible or 0,
            "publication-unconfirmed",
            "were sent and could not be read back yet",
        ),
        (publication.refused, "publication-refused", "were refused by the server"),
    )
    found = [
        Reason(exit_code=UNREACHABLE, code=code, message=f"{number} traces and scores {what}.")
        for number, code, what in reasons
        if number and (required or code == "publication-refused")
    ]
    if required and publication.error and not found:
        found.append(Reason(exit_code=UNREACHABLE, code="publication-failed", message=publication.error))
    return found


def _stopped(plan: Plan, status: str, trials: WorkCounts, stopped_by: str | None) -> str:
    done = trials.expected - trials.skipped
    if status == "running":
        return f"The run is not finished: {done} of {trials.expected} trials are done."
    why = {
        "interrupt": "it was interrupted",
        "deadline": f"its deadline of {plan.limits.deadline or 0:g} s passed",
        "max_errors": f"its limit of {plan.limits.max_errors} errors was reached",
        "stuck_threads": "calls that outlived their timeout held every thread",
    }.get(stopped_by or "")
    told = f"The run stopped after {done} of {trials.expected} trials"
    return f"{told}: {why}." if why else f"{told}."
