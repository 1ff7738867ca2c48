"""The plan: a spec with nothing left open. A document of its own, immutable, runnable without the spec."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from evalspec.plan.items import PlanItems

PLAN_FORMAT = 1

Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
DataType = Literal["NUMERIC", "BOOLEAN", "CATEGORICAL", "TEXT"]

RUN_NAME_NAMES: Final = ("spec", "branch", "commit", "date", "time")
"""The names that the template of a run's name may use."""

MAX_TEXT: Final = 500
"""A TEXT score has one to so many characters: Langfuse takes no other."""

Direction = Literal["higher", "lower", "none"]
Fields = dict[str, Any]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class SpecOrigin(_Part):
    """The spec a plan was compiled from."""

    path: str = Field(description="The spec's path, relative to the project root.")
    digest: Digest = Field(description="Digest of the spec's tree, descriptions and defaults left out.")


class Sample(_Part):
    """A sample keyed by item id: the same items on every machine."""

    size: int | None = Field(None, ge=1, description="How many items, at most.")
    rate: float | None = Field(None, gt=0, le=1, description="Which share of the items.")
    seed: int = Field(0, description="Another seed chooses other items.")


class PlanDataset(_Part):
    """Where the items come from, which were selected, and their digests."""

    type: str = Field(description="The dataset kind.")
    fields: Fields = Field(description="The kind's resolved fields; paths are relative to the project root.")
    where: str | None = Field(None, description="Only items for which this expression holds.")
    sample: Sample | None = Field(None, description="The sample drawn from them.")
    push_to: str | None = Field(None, description="Name of the hosted copy the run uses.")
    available: int = Field(description="Number of items before selection.")
    unselectable: int = Field(0, description="Items that `where` could not decide because a key was missing.")
    digest: Digest = Field(description="Digest over the ids and digests of the selected items, in order.")
    items: PlanItems = Field(description="The selected items in order, as [id, digest] pairs.")


class PlanModel(_Part):
    """A language model or an embedding model, and how it is asked."""

    model: str = Field(description="Provider and model, as `provider:model`.")
    fields: Fields = Field(
        default_factory=dict,
        description="Parameters, endpoint, limits, price; keys by their variable's name.",
    )
    digest: Digest = Field(
        description="Digest of what decides its answers: model, parameters, endpoint, rules."
    )


class PlanMessage(_Part):
    """One message of a prompt."""

    role: Literal["system", "user", "assistant", "placeholder"] = Field(
        description="Who says it; `placeholder` stands for the messages in the variable `content`."
    )
    content: str | None = Field(None, description="A template of the text.")
    parts: tuple[dict[str, str], ...] | None = Field(
        None, description="Parts instead: templates of texts, and expressions that give media."
    )


class PlanPrompt(_Part):
    """A prompt, resolved: every word that it is made of."""

    type: Literal["text", "chat"] = Field(description="Whether it is one text or messages.")
    messages: tuple[PlanMessage, ...] = Field(description="The messages; a text is one of the user.")
    origin: Fields = Field(description="Where it came from; in Langfuse by name and version.")
    digest: Digest = Field(description="Digest of the messages.")


class PlanTask(_Part):
    """The system under test."""

    type: str = Field(description="The task kind.")
    fields: Fields = Field(description="The kind's resolved fields.")
    semantics: int = Field(description="Semantics revision of the kind.")
    code: Fields | None = Field(None, description="What the code digest covers.")
    codes: dict[str, Fields] = Field(
        default_factory=dict, description="The same of functions behind parts of it, by part."
    )
    models: tuple[str, ...] = Field((), description="The models that it asks.")
    prompts: tuple[str, ...] = Field((), description="The prompts that it uses.")
    timeout: float | None = Field(None, gt=0, description="Seconds one call may take.")
    repeats: int = Field(1, ge=1, description="Trials per item.")
    digest: Digest = Field(description="Digest of kind, semantics, fields and code.")


class PlanScore(_Part):
    """A score config, with direction and margin."""

    data_type: DataType = Field(description="The Langfuse data type.")
    min: float | None = Field(None, description="Lower bound of a NUMERIC score.")
    max: float | None = Field(None, description="Upper bound of a NUMERIC score.")
    categories: dict[str, float] | None = Field(None, description="Label to value, of a CATEGORICAL score.")
    good: tuple[str, ...] | None = Field(None, description="Categories that count as good.")
    description: str | None = Field(None, description="What the score says.")
    direction: Direction = Field(description="Which way is better.")
    margin: float | None = Field(None, ge=0, description="A smaller difference does not matter.")
    on_task_failure: str | bool | float = Field(
        "missing", description="`missing`, `worst`, or the value of an item whose task failed."
    )
    digest: Digest = Field(description="Digest of the config.")


class PlanAttach(_Part):
    """Where scores are attached, instead of the item's trace."""

    to: Literal["observation", "session"] = Field(description="An observation of the task, or the session.")
    name: str | None = Field(None, description="Only observations of this name.")
    type: str | None = Field(None, description="Only observations of this type.")
    match: Literal["one", "each", "first", "last"] = Field("one", description="Which of several.")
    on_none: Literal["error", "skip"] = Field("error", description="What becomes of it without one.")


class PlanEvaluator(_Part):
    """One evaluator and the scores it gives."""

    type: str = Field(description="The evaluator kind.")
    fields: Fields = Field(description="The kind's resolved fields.")
    semantics: int = Field(description="Semantics revision of the kind.")
    scores: dict[str, str] = Field(
        description="Key in the evaluator's result to score name; the key is empty where it gives one score."
    )
    reads: tuple[str, ...] = Field(
        description="Paths of item and output that are read, as far as they are known."
    )
    when: str | None = Field(None, description="Only items for which this expression holds are scored.")
    after: tuple[str, ...] = Field((), description="The scores of other evaluators that it reads.")
    attach: PlanAttach | None = Field(None, description="Where its scores are attached.")
    code: Fields | None = Field(None, description="What the code digest covers.")
    codes: dict[str, Fields] = Field(
        default_factory=dict, description="The same of functions behind parts of it, by part."
    )
    models: tuple[str, ...] = Field((), description="The models that it asks.")
    prompts: tuple[str, ...] = Field((), description="The prompts that it uses.")
    digest: Digest = Field(
        description="Digest of kind, semantics, fields, code, and of the evaluators whose scores it reads."
    )


class PlanAggregate(_Part):
    """A run-level score."""

    function: str = Field(description="How the value is computed.")
    score: str | None = Field(None, description="The score it is computed over.")
    fields: Fields = Field(default_factory=dict, description="The function's parameters.")
    by: str | None = Field(None, description="Expression for the group of an item.")
    reads: tuple[str, ...] = Field(
        (), description="Paths of item, output and scores that its expressions read."
    )
    data_type: DataType = Field("NUMERIC", description="Data type of the run-level score.")
    code: Fields | None = Field(None, description="What the code digest covers.")
    digest: Digest = Field(description="Digest of function, parameters, groups and code.")


class PlanGate(_Part):
    """A condition on an aggregate that decides the exit code."""

    aggregate: str = Field(description="The aggregate it looks at.")
    min: float | None = Field(None, description="The value must not be below.")
    max: float | None = Field(None, description="The value must not be above.")
    min_coverage: float | None = Field(
        None, ge=0, le=1, description="Smallest share of items that must be scored."
    )


class PlanBudget(_Part):
    """The most that may be spent on models."""

    cost: float | None = Field(None, gt=0, description="USD.")
    tokens: int | None = Field(None, ge=1, description="Tokens, in and out.")
    requests: int | None = Field(None, ge=1, description="Requests.")


class PlanLimits(_Part):
    """Bounds on the work of a run."""

    concurrency: int = Field(8, ge=1, description="Items worked on at the same time.")
    timeout: float | None = Field(None, gt=0, description="Seconds any one call may take.")
    retries: int = Field(0, ge=0, description="Further tries after a call that failed.")
    deadline: float | None = Field(None, gt=0, description="Seconds the whole run may take.")
    max_errors: int | None = Field(None, ge=1, description="Failed items after which the run stops.")
    subject: PlanBudget | None = Field(None, description="The budget of the models that are measured.")
    judges: PlanBudget | None = Field(None, description="The budget of the models that measure.")


class PlanRun(_Part):
    """Name and metadata of the run."""

    name: str | None = Field(None, description="Template of the run's name.")
    metadata: Fields = Field(default_factory=dict, description="Metadata of the run.")


class Unpinned(_Part):
    """Something the plan could not pin."""

    what: str = Field(description="The thing, as a path in the plan.")
    why: str = Field(description="The reason, one sentence.")


class Plan(_Part):
    """An evaluation with nothing left open.

    `digest` covers everything that decides a result; names, descriptions, tags and the spec's place are left
    out of it. Two machines with the same inputs produce the same plan, byte for byte.
    """

    evalspec_plan: Literal[1] = Field(1, description="Version of the plan format.")
    name: str = Field(description="Name of the spec.")
    description: str | None = Field(None, description="What the evaluation is about.")
    tags: tuple[str, ...] = Field((), description="Tags, for people.")
    spec: SpecOrigin | None = Field(None, description="The spec it was compiled from.")
    search_path: tuple[str, ...] = Field(
        (".",), description="Folders, relative to the project root, in which code is looked for."
    )
    models: dict[str, PlanModel] = Field(default_factory=dict, description="Models by name.")
    prompts: dict[str, PlanPrompt] = Field(default_factory=dict, description="Prompts by name.")
    dataset: PlanDataset
    task: PlanTask
    scores: dict[str, PlanScore] = Field(description="Score configs by name.")
    evaluators: dict[str, PlanEvaluator] = Field(description="Evaluators by name.")
    aggregates: dict[str, PlanAggregate] = Field(
        default_factory=dict, description="Run-level scores by name."
    )
    gates: dict[str, PlanGate] = Field(default_factory=dict, description="Conditions by name.")
    limits: PlanLimits = Field(default_factory=PlanLimits, description="Bounds on the work.")
    run: PlanRun = Field(default_factory=PlanRun, description="Name and metadata of the run.")
    unpinned: tuple[Unpinned, ...] = Field((), description="What could not be pinned, and why.")
    digest: Digest = Field(description="Digest of the plan.")
