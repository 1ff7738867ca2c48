"""What `explain` says of a score, as one document."""

from typing import Any, Literal

from pydantic import Field

from evalspec.analysis.explained_parts import (
    Attachment,
    Composition,
    Fact,
    Judgement,
    ObservationTree,
    Status,
)
from evalspec.analysis.items import FailureDetail
from evalspec.analysis.parts import Part
from evalspec.analysis.summary import HowTo
from evalspec.plan.model import DataType


class FactorDetail(Part):
    """One factor of a score."""

    name: str = Field(description="Its name; the same in every run.")
    role: Literal["subject", "instrument", "environment"] = Field(
        description="What was measured, what measured it, or where and when."
    )
    scope: Literal["run", "score", "item"] = Field(description="For what it is the same.")
    digest: str = Field(description="Equal if and only if the factor is.")
    value: str = Field(description="What it was, for people.")
    origin: str = Field(description="Where it came from.")


class ExplainedScore(Part):
    """The score itself."""

    id: str = Field(description="Its id, in Langfuse too.")
    name: str = Field(description="Its name.")
    level: Literal["item", "run"] = Field(description="Whether it is of one trial of an item, or of a run.")
    data_type: DataType = Field(description="The Langfuse data type.")
    status: Status = Field(description="What became of it.")
    value: float | str | None = Field(default=None, description="The value; BOOLEAN ones are 0 or 1.")
    comment: str | None = Field(default=None, description="What the evaluator said about it.")
    metadata: dict[str, Any] | None = Field(default=None, description="What else it said.")
    imputed: bool = Field(default=False, description="Whether `on_task_failure` gave it.")
    failure: FailureDetail | None = Field(default=None, description="Why there is no value.")
    coverage: float | None = Field(
        default=None, ge=0, le=1, description="Of a run-level score: scored / (expected − skipped)."
    )


class Explanation(Part):
    """The chain from a score back to what it was made of, and where each link came from."""

    evalspec_explanation: Literal[1] = Field(default=1, description="Version of this format.")
    score: ExplainedScore = Field(description="The score.")
    composition: Composition | None = Field(
        default=None, description="The scores and conditions that it was made of, if it was."
    )
    judgement: Judgement | None = Field(
        default=None, description="The models that were asked for it, if any were."
    )
    attachment: Attachment | None = Field(
        default=None, description="What it is attached to, where that is not the item's trace."
    )
    dataset: Fact = Field(description="The dataset, and the digest over the selected items in order.")
    version: Fact = Field(description="The version of the dataset.")
    selection: Fact = Field(description="How its items were selected.")
    item: Fact | None = Field(default=None, description="The item; absent for run-level scores.")
    run: Fact = Field(description="The run, and its plan's digest.")
    trial: Fact = Field(description="The trial number, from 1, and of how many.")
    task: Fact = Field(description="The system under test.")
    output: Fact | None = Field(default=None, description="What the task gave.")
    evaluator: Fact | None = Field(default=None, description="The evaluator that gave the score.")
    aggregate: Fact | None = Field(default=None, description="The aggregate; of run-level scores only.")
    score_config: Fact | None = Field(default=None, description="The score config.")
    trace: Fact | None = Field(default=None, description="The trace; absent for run-level scores.")
    experiment: Fact = Field(description="The experiment in Langfuse that holds the score.")
    mode: Fact = Field(description="Whether it was measured offline or online.")
    source: Fact = Field(description="Who gave it.")
    observations: ObservationTree | None = Field(
        default=None, description="What the task did, where it was recorded; absent for run-level scores."
    )
    subject_digest: str = Field(description="One digest over everything that was measured.")
    instrument_digest: str = Field(description="One digest over everything that measured.")
    factors: list[FactorDetail] = Field(description="Everything the score depends on.")
    how_to: list[HowTo] = Field(default_factory=list, description="What to look at next.")
