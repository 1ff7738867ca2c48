"""What `run --format json` prints: one document that says everything about a run."""

from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from evalspec.analysis.model_usage import ModelUsage
from evalspec.analysis.parts import Part
from evalspec.plan.model import DataType, Digest, Direction

_COVERAGE = "scored / (expected − skipped)."


class ExperimentSummary(Part):
    """One trial number of a run, which is one experiment in Langfuse."""

    id: str = Field(description="The experiment's id.")
    name: str = Field(description="The experiment's name.")
    trial: int = Field(ge=1, description="The trial number, from 1.")


class RunInfo(Part):
    """Which run it was."""

    id: str = Field(description="The run's id.")
    name: str = Field(description="The run's name, unlike that of any other run.")
    spec: str = Field(description="Name of the spec.")
    status: Literal["running", "interrupted", "completed"] = Field(description="Where the run stands.")
    plan_digest: Digest = Field(description="Digest of the plan that was run.")
    backend: str = Field(description="`local`, or `langfuse` where results are published.")
    created_at: datetime = Field(description="When the run was created (RFC 3339, UTC).")
    started_at: datetime | None = Field(default=None, description="When the first task began.")
    ended_at: datetime | None = Field(
        default=None, description="When the last result came in; of a completed run."
    )
    duration_seconds: float | None = Field(
        default=None, ge=0, description="From `started_at` to `ended_at`, pauses before a resume included."
    )
    repeats: int = Field(ge=1, description="Trials per item.")
    experiments: list[ExperimentSummary] = Field(description="One for each trial number.")
    metadata: dict[str, Any] | None = Field(
        default=None, description="The metadata that the spec gives the run."
    )
    environment: dict[str, Any] = Field(description="Place and moment: git commit, versions, platform.")
    deviations: list[str] = Field(
        default_factory=list,
        description="Where the world did not match the plan and the run was told to go on.",
    )


class FailureSummary(Part):
    """A reason why results are missing, with one example."""

    source: Literal["task", "evaluator", "aggregate"] = Field(description="What failed.")
    kind: str = Field(description="A stable name of the reason, such as `exception` or `timeout`.")
    type: str = Field(description="The type of the exception, if there was one.")
    message: str = Field(description="What the example said.")
    count: int = Field(ge=1, description="How often it happened.")
    item: str = Field(description="Id of an item where it happened.")
    trial: int = Field(ge=1, description="The trial number of that, from 1.")
    outages: int = Field(default=0, ge=0, description="For how many of them a provider's outage is to blame.")


class WorkCounts(Part):
    """What became of the work."""

    expected: int = Field(ge=0, description="How many there are.")
    completed: int = Field(
        ge=0, description="For how many the task gave an output; for an item: in every trial."
    )
    failed: int = Field(ge=0, description="For how many it failed; for an item: in any trial.")
    skipped: int = Field(ge=0, description="How many were never attempted; for an item: not in every trial.")


class TrialCounts(WorkCounts):
    """What became of the trials."""

    failures: list[FailureSummary] = Field(
        default_factory=list, description="Why tasks failed, most frequent first."
    )


class ResultCounts(Part):
    """How many results there should be, and what became of them."""

    expected: int = Field(ge=0, description="Items × trials.")
    scored: int = Field(ge=0, description="How many there are; imputed ones included.")
    failed: int = Field(ge=0, description="How many the task or the evaluator failed to give.")
    skipped: int = Field(ge=0, description="How many the evaluator chose not to give; they are not missing.")
    pending: int = Field(ge=0, description="Of how many there is no record yet.")
    imputed: int = Field(default=0, ge=0, description="How many were given by `on_task_failure`.")
    coverage: float = Field(ge=0, le=1, description=_COVERAGE)
    worst_case: float | None = Field(
        default=None,
        description="A mean or rate if every missing result were the worst possible; of bounded scores.",
    )
    best_case: float | None = Field(
        default=None,
        description="A mean or rate if every missing result were the best possible; of bounded scores.",
    )


class ScoreSummary(ResultCounts):
    """One score over all items and trials."""

    data_type: DataType = Field(description="The Langfuse data type.")
    direction: Direction = Field(description="Which way is better.")
    evaluator: str | None = Field(default=None, description="The evaluator that gives it.")
    value: float | None = Field(
        default=None, description="The mean of a NUMERIC score, the share of true of a BOOLEAN one."
    )
    distribution: dict[str, int] | None = Field(
        default=None, description="Label to count, of a CATEGORICAL score."
    )
    failures: list[FailureSummary] = Field(
        default_factory=list, description="Why results are missing, most frequent first."
    )


class TrialValue(ResultCounts):
    """An aggregate over one trial number."""

    trial: int = Field(ge=1, description="The trial number, from 1.")
    value: float | str | None = Field(default=None, description="The value; absent where there is none.")
    failure: str | None = Field(default=None, description="Why there is no value.")


class SliceValue(ResultCounts):
    """An aggregate over one group of items."""

    group: str = Field(
        description="The group: the text of what `by` gives; `(missing)` for items that lack a key, "
        "`(failed)` where it cannot be evaluated, `(other)` for all groups after the first 100."
    )
    value: float | str | None = Field(default=None, description="The value; absent where there is none.")
    failure: str | None = Field(default=None, description="Why there is no value.")


class AggregateSummary(ResultCounts):
    """One aggregate over all items and trials."""

    function: str = Field(description="How it is computed.")
    parameters: dict[str, Any] | None = Field(default=None, description="The function's parameters.")
    score: str | None = Field(
        default=None, description="The score it is computed over; absent if over all results."
    )
    data_type: DataType = Field(description="Data type of the run-level score.")
    value: float | str | None = Field(default=None, description="The value; absent where there is none.")
    comment: str | None = Field(default=None, description="What the function said about it.")
    failure: str | None = Field(default=None, description="Why there is no value.")
    details: dict[str, Any] | None = Field(
        default=None, description="What else the function says, such as a confusion matrix."
    )
    failures: list[FailureSummary] = Field(
        default_factory=list, description="Why its own expressions failed, most frequent first."
    )
    trials: int = Field(ge=1, description="How many trials of each item it covers.")
    per_trial: list[TrialValue] | None = Field(
        default=None, description="The same per trial number, where items repeat."
    )
    by: str | None = Field(default=None, description="The expression for the group of an item.")
    slices: list[SliceValue] | None = Field(
        default=None,
        description="The value and counts of each group, in the order in which the items first show it.",
    )


class GateSummary(Part):
    """One gate."""

    passed: bool = Field(description="Whether it lets the run pass.")
    aggregate: str = Field(description="The aggregate it looks at.")
    value: float | str | None = Field(
        default=None, description="The aggregate's value; absent where there is none."
    )
    bound: float | None = Field(
        default=None, description="The bound that decided: the one that does not hold, otherwise the nearest."
    )
    min: float | None = Field(default=None, description="The value must not be below.")
    max: float | None = Field(default=None, description="The value must not be above.")
    min_coverage: float | None = Field(
        default=None, description="Smallest coverage it accepts; absent means full coverage."
    )
    coverage: float = Field(ge=0, le=1, description=_COVERAGE)
    reason: str = Field(description="Why, in one sentence.")


class Refused(Part):
    """Something the server did not take."""

    kind: Literal["span", "score", "run_score", "withdrawal"] = Field(
        description="What it was; `withdrawal`: a score that it was to delete."
    )
    item: str | None = Field(default=None, description="Id of the item.")
    trial: int | None = Field(default=None, description="The trial number.")
    name: str | None = Field(default=None, description="Name of the score.")
    reason: str = Field(description="Why.")


class DeliverySummary(Part):
    """How far the delivery of one sort of thing has come."""

    sent: int = Field(default=0, ge=0, description="How many the server accepted.")
    confirmed: int = Field(default=0, ge=0, description="How many of them were read back.")
    refused: int = Field(default=0, ge=0, description="How many were refused for good.")
    pending: int = Field(default=0, ge=0, description="How many have yet to be sent.")


class PublicationSummary(Part):
    """What has reached Langfuse. Its own counts are of traces and scores together; a trial is one trace."""

    backend: str = Field(description="`langfuse`, or `local` where nothing is published.")
    sent: int = Field(default=0, ge=0, description="How many the server accepted.")
    confirmed: int = Field(default=0, ge=0, description="How many of them were read back.")
    refused: int = Field(
        default=0, ge=0, description="How many were refused for good, and why is among the refusals."
    )
    pending: int = Field(default=0, ge=0, description="How many have yet to be sent.")
    not_yet_visible: int | None = Field(
        default=None, ge=0, description="How many were sent but could not be read back yet."
    )
    traces: DeliverySummary | None = Field(default=None, description="The traces among them.")
    scores: DeliverySummary | None = Field(
        default=None, description="The scores among them, run-level ones included."
    )
    refusals: list[Refused] = Field(default_factory=list, description="The first of the refused ones.")
    error: str | None = Field(default=None, description="What kept the publication from finishing.")
    notes: list[str] = Field(default_factory=list, description="What else should be known.")


class Reason(Part):
    """Why the exit code is what it is."""

    exit_code: int = Field(description="The exit code that this alone would give.")
    code: str = Field(description="A stable name.")
    message: str = Field(description="One sentence.")


class HowTo(Part):
    """What to do next."""

    why: str = Field(description="What it is good for.")
    command: str = Field(description="A command line.")


class RunSummary(Part):
    """A run: how far it came, what was measured and how completely, which gates hold, what was published."""

    evalspec_run: Literal[1] = Field(default=1, description="Version of this format.")
    run: RunInfo = Field(description="Which run it was.")
    items: WorkCounts = Field(description="What became of the items.")
    trials: TrialCounts = Field(description="What became of the trials: items × repeats.")
    scores: dict[str, ScoreSummary] = Field(description="Scores by name.")
    aggregates: dict[str, AggregateSummary] = Field(description="Aggregates by name.")
    gates: dict[str, GateSummary] = Field(description="Gates by name.")
    models: list[ModelUsage] = Field(
        default_factory=list, description="What the models were asked, and what that cost."
    )
    publication: PublicationSummary = Field(description="What has reached Langfuse.")
    reasons: list[Reason] = Field(
        description="Everything that the exit code has to say, in order of precedence."
    )
    exit_code: int = Field(description="The exit code: that of the first reason, or 0.")
    how_to: list[HowTo] = Field(default_factory=list, description="What to do next.")
