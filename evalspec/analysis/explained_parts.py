"""What an explanation says of the pieces of a score: other scores, judges, observations."""

from typing import Literal

from pydantic import Field

from evalspec.analysis.items import FailureDetail
from evalspec.analysis.parts import Part
from evalspec.plan.model import DataType

Status = Literal["scored", "failed", "skipped", "pending"]


class Fact(Part):
    """One link of the chain from a score back to bytes."""

    value: str = Field(description="What it was, for people.")
    digest: str | None = Field(default=None, description="Its digest.")
    origin: str = Field(description="Where it came from.")


class ScoreAt(Part):
    """The value of a score at one observation that it is attached to."""

    id: str = Field(description="The score's id in Langfuse, where it is one of its own.")
    observation: str = Field(description="Id of the observation.")
    name: str | None = Field(default=None, description="The observation's name.")
    type: str | None = Field(default=None, description="The observation's Langfuse type.")
    value: float | str = Field(description="The value there; BOOLEAN ones are 0 or 1.")
    comment: str | None = Field(default=None, description="What the evaluator said about it.")


class Attachment(Part):
    """What a score is attached to, where that is not the item's trace."""

    to: Literal["observation", "session"] = Field(description="Observations of the task, or the session.")
    wanted: str = Field(description="Which of them the evaluator looks at, in words.")
    session: str | None = Field(default=None, description="Id of the session.")
    places: list[ScoreAt] = Field(default_factory=list, description="The values at the first observations.")
    left_out: int = Field(default=0, ge=0, description="At how many more observations there is a value.")


class Condition(Part):
    """An expression that is true or false of an item."""

    expression: str = Field(description="The expression.")
    holds: bool | None = Field(
        default=None,
        description="Whether it holds; absent where it has no value, as where it reads a skipped score.",
    )


class ReadScore(Part):
    """A score that went into another one."""

    name: str = Field(description="Its name.")
    data_type: DataType = Field(description="The Langfuse data type.")
    status: Status = Field(description="What became of it.")
    value: float | str | None = Field(default=None, description="The value; BOOLEAN ones are 0 or 1.")
    imputed: bool = Field(default=False, description="Whether `on_task_failure` gave it.")
    failure: FailureDetail | None = Field(default=None, description="Why there is no value.")
    weight: float | None = Field(default=None, description="Its weight, in a `weighted` score.")
    reference: str = Field(description="What `evalspec explain` takes to explain it.")


class Composition(Part):
    """What a score was made of, or what decided whether it was wanted."""

    when: Condition | None = Field(
        default=None, description="The evaluator's `when`: a score for which it does not hold is skipped."
    )
    conditions: list[Condition] | None = Field(
        default=None, description="The conditions of `all`, `any` and `not`."
    )
    expression: str | None = Field(default=None, description="What `expression` computes.")
    scores: list[ReadScore] = Field(description="The scores that were read.")


Verdict = bool | float | str
"""What a judge answers: true or false, a number, or a label."""


class JudgeDetail(Part):
    """One model that was asked, and what it said."""

    name: str = Field(description="The model's name in the spec.")
    model: str = Field(description="Provider and model that were asked for.")
    reported: list[str] = Field(description="What the provider said had answered, each once.")
    embedded: bool = Field(description="Whether evalspec itself answered, and no language model.")
    requests: int = Field(ge=0, description="Requests, repetitions and repairs included.")
    input_tokens: int = Field(ge=0, description="Tokens that went in.")
    output_tokens: int = Field(ge=0, description="Tokens that came out.")
    cost: float | None = Field(default=None, ge=0, description="USD; absent where a price is not known.")
    answer: Verdict | None = Field(default=None, description="Its verdict.")
    answers: list[Verdict] | None = Field(
        default=None, description="Each of its answers, where it was asked several times."
    )
    orders: list[str] | None = Field(
        default=None, description="Of `pairwise`: the outcome with the answer in the first and second place."
    )
    reasoning: str | None = Field(default=None, description="Its grounds.")
    failure: str | None = Field(default=None, description="Why it gave no verdict.")


class Judgement(Part):
    """How models came to a score."""

    rubric: Fact | None = Field(
        default=None, description="What they judged by: name and version, and the digest of its words."
    )
    combine: str | None = Field(default=None, description="How several answers became one.")
    agreement: float | None = Field(default=None, ge=0, le=1, description="How far several answers agree.")
    judges: list[JudgeDetail] = Field(description="The models, in the spec's order.")


class ObservationDetail(Part):
    """One observation below the task's call."""

    id: str = Field(description="Its id, in Langfuse too.")
    parent: str | None = Field(default=None, description="The one above it; absent below the call itself.")
    depth: int = Field(ge=0, description="How far below the call, from 0.")
    name: str = Field(description="Its name.")
    type: str = Field(description="Its Langfuse type.")
    duration_seconds: float = Field(ge=0, description="How long it took.")
    level: str = Field(description="`DEBUG`, `DEFAULT`, `WARNING` or `ERROR`.")
    status_message: str | None = Field(default=None, description="What it says about its level.")
    model: str | None = Field(default=None, description="The model that answered.")
    input_tokens: int | None = Field(default=None, description="Tokens that went in.")
    output_tokens: int | None = Field(default=None, description="Tokens that came out.")
    left_out: int = Field(default=0, ge=0, description="How many right below it are not in the list.")


class ObservationTree(Part):
    """What the task did in its last call, as far as it was recorded."""

    total: int = Field(ge=1, description="How many observations were recorded.")
    left_out: int = Field(ge=0, description="How many right below the call are not in the list.")
    observations: list[ObservationDetail] = Field(
        description="The first of them, each right above those below it."
    )
