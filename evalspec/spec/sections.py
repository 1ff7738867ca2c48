"""The sections of a spec that are neither kinds nor aggregates: scores, gates, limits, run."""

from typing import Annotated, Any

from pydantic import Field

from evalspec.evaluators.judge_fields import DIRECTIONS
from evalspec.kinds.fields import Duration, KindFields
from evalspec.plan.model import DataType, Direction
from evalspec.rubrics.model import Categories, Scale

Description = Annotated[str | None, Field(description="For people; it changes no digest.")]


class ScoreFields(KindFields):
    """A Langfuse score config, and two things Langfuse does not know: direction and margin."""

    data_type: DataType = Field(
        description="The Langfuse data type of the score.", examples=["BOOLEAN", "NUMERIC"]
    )
    description: Description = None
    min: float | None = Field(None, description="Smallest value a NUMERIC score may have.", examples=[0])
    max: float | None = Field(None, description="Largest value a NUMERIC score may have.", examples=[1])
    categories: list[str] | dict[str, float] | None = Field(
        None,
        description="The labels of a CATEGORICAL score: a list in ascending order of value (0, 1, …), or "
        "a table of label to value.",
        examples=[["poor", "fair", "good"]],
    )
    good: list[str] | None = Field(
        None, description="The labels that count as good; gives a CATEGORICAL score a direction and a rate."
    )
    direction: Direction | None = Field(
        None,
        description="Which way is better. BOOLEAN and NUMERIC scores default to `higher`, TEXT to `none`, "
        "CATEGORICAL to `none` unless `good` is given.",
    )
    margin: float | None = Field(
        None, ge=0, description="A difference smaller than this does not matter.", examples=[0.02]
    )
    on_task_failure: str | bool | float = Field(
        "missing",
        description="The score of an item whose task failed: `missing` (it lowers the coverage), `worst` "
        "(the worst value by direction), or a value.",
        examples=["missing", "worst"],
    )

    @property
    def default_direction(self) -> Direction:
        """Which way is better where `direction` does not say."""
        return "higher" if self.data_type in ("NUMERIC", "BOOLEAN") or self.good else "none"


class GateFields(KindFields):
    """A condition on an aggregate; if it does not hold, the run exits with 1."""

    description: Description = None
    aggregate: str = Field(description="The aggregate it looks at, from `[aggregates]`.")
    min: float | None = Field(None, description="The aggregate must not be below this.", examples=[0.8])
    max: float | None = Field(None, description="The aggregate must not be above this.")
    min_coverage: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Smallest share of items that must have the score. Without it only full coverage passes.",
        examples=[0.95],
    )


class PriceFields(KindFields):
    """What a model costs, in USD for a million tokens."""

    input: float = Field(ge=0, description="USD for a million tokens that go in.", examples=[0.25])
    output: float = Field(ge=0, description="USD for a million tokens that come out.", examples=[2.0])
    cached_input: float | None = Field(
        None, ge=0, description="USD for a million tokens that go in and were cached; as `input` without it."
    )


class RuleFields(KindFields):
    """What the embedded model `embedded:rules` answers to a conversation."""

    pattern: str = Field(
        description="Regular expression (RE2) that is looked for in the conversation: every message on lines "
        "of its own, after `user: `, `assistant: ` or the like.",
        examples=["(?i)capital of France"],
    )
    answer: str | dict[str, Any] | None = Field(
        None,
        description="The answer; `\\1` stands for the first group. A table where the answer has a schema.",
        examples=["Paris"],
    )
    tool: str | None = Field(None, description="The tool that is called instead of an answer.")
    arguments: dict[str, Any] = Field(default_factory=dict, description="The arguments of that call.")
    skip_after_tool: bool = Field(
        True, description="Whether the rule is passed over when the last message is the result of its tool."
    )


class ModelFields(KindFields):
    """A language model or an embedding model, by the name that tasks and evaluators use.

        [models.judge]
        model = "openai:gpt-5-mini"
        parameters = { temperature = 0, seed = 7 }
        requests_per_minute = 300

    With `base_url` any endpoint that speaks OpenAI's protocol is asked: Ollama, vLLM, a gateway. `embedded:…`
    models need no server and no key, and are no language models: `embedded:echo` repeats, `embedded:rules`
    answers by rules, `embedded:overlap` judges by the words two texts share, `embedded:hash` embeds.
    `local:wordllama` embeds with a model that comes with `pip install 'evalspec[embeddings]'`.
    """

    description: Description = None
    model: str = Field(
        pattern=r"^[a-z][a-z0-9_\-]*:.+$",
        description="Provider and model.",
        examples=["openai:gpt-5-mini", "anthropic:claude-sonnet-4-5", "embedded:echo"],
    )
    parameters: dict[str, Any] = Field(
        default_factory=dict,
        description="Parameters of every request, as in OpenAI's API.",
        examples=[{"temperature": 0, "max_tokens": 500}],
    )
    base_url: str | None = Field(
        None,
        description="Address of the endpoint, instead of the provider's.",
        examples=["http://127.0.0.1:11434/v1"],
    )
    api_key_env: str | None = Field(
        None,
        description="Name of the environment variable that holds the key, instead of the usual one.",
        examples=["GATEWAY_KEY"],
    )
    requests_per_minute: int | None = Field(None, ge=1, description="Requests that are sent in a minute.")
    tokens_per_minute: int | None = Field(None, ge=1, description="Tokens that are used in a minute.")
    concurrency: int | None = Field(None, ge=1, description="Requests under way at the same time.")
    timeout: Duration | None = Field(
        None, description="Longest time one request may take; 60 s without it.", examples=["90s"]
    )
    price: PriceFields | None = Field(None, description="What it costs, instead of the known price.")
    rules: list[RuleFields] = Field(
        default_factory=list, description="What `embedded:rules` answers; the first rule that is found holds."
    )


class RubricFields(KindFields):
    """What judges look at, and how they answer, by the name that evaluators use.

        [rubrics.polite]
        criteria = "Decide whether <output> is polite: it greets, and blames nobody."

    Without `scale` and `categories` the answer is true or false. With `extends` what is not said here is that
    of another rubric: a ready-made one, which `evalspec rubrics` lists and `evalspec rubric show` prints. A
    rubric with the name of a ready-made one stands in its place.
    """

    description: Description = None
    extends: str | None = Field(
        None,
        description="A ready-made rubric that this one changes; with its version, or the newest.",
        examples=["correctness@1"],
    )
    criteria: str | None = Field(
        None,
        min_length=1,
        description="What the judge is told to look at; it names the inputs as `<output>`.",
    )
    path: str | None = Field(
        None,
        description="A text file with the criteria, relative to the spec, instead of `criteria`.",
        examples=["rubrics/polite.txt"],
    )
    steps: list[str] | None = Field(
        None, description="The steps in which a judge comes to its verdict, which it is asked to follow."
    )
    scale: Scale | None = Field(
        None, description="The verdict is a number.", examples=[{"min": 1, "max": 5, "integer": True}]
    )
    categories: Categories | None = Field(
        None,
        description="The verdict is a label: a list in ascending order, or a table of label to value.",
        examples=[["poor", "fair", "good"]],
    )
    direction: Direction | None = Field(
        None,
        description="Which way is better on the scale, or among categories with values. Without it `higher`, "
        "or what the rubric says that this one extends.",
        examples=["lower"],
        json_schema_extra=DIRECTIONS,
    )
    inputs: list[str] | None = Field(
        None,
        description="The names of the inputs that it needs; whoever uses it maps those besides `input`, "
        "`output` and `expected_output`. Without it, and without `extends`, it takes what there is.",
        examples=[["output", "context"]],
    )


class BudgetFields(KindFields):
    """The most that may be spent on models."""

    cost: float | None = Field(None, gt=0, description="USD.", examples=[2.5])
    tokens: int | None = Field(None, ge=1, description="Tokens, in and out.")
    requests: int | None = Field(None, ge=1, description="Requests.")


class LimitsFields(KindFields):
    """Bounds on the work of a run."""

    concurrency: int = Field(
        8, ge=1, le=100_000, description="How many items are worked on at the same time."
    )
    timeout: Duration | None = Field(
        None, description="Longest time one call of task or evaluator may take.", examples=["30s"]
    )
    retries: int = Field(
        0, ge=0, le=100, description="How often a failed call of task or evaluator is made again."
    )
    deadline: Duration | None = Field(
        None, description="Longest time the whole run may take.", examples=["20m"]
    )
    max_errors: int | None = Field(
        None, ge=1, description="The run stops after this many trials in which task or evaluator failed."
    )
    subject: BudgetFields | None = Field(
        None,
        description="The most that a session may spend on the models of the task; calls beyond it fail.",
        examples=[{"cost": 2.5}],
    )
    judges: BudgetFields | None = Field(
        None,
        description="The most that a session may spend on the models of evaluators; calls beyond it fail.",
        examples=[{"cost": 1.0, "requests": 5000}],
    )


class RunFields(KindFields):
    """Name and metadata of a run."""

    name: str | None = Field(
        None,
        description="Template of the run's name; the run's id is appended. It may use `spec`, `branch`, "
        "`commit`, `date` and `time`.",
        examples=["{{ spec }} {{ branch }}"],
    )
    metadata: dict[str, Any] = Field(default_factory=dict, description="Anything to keep with the run.")
