"""What an evaluator kind is."""

import builtins
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from pydantic import Field

from evalspec.journal.records import ScorePart, SpanRecord
from evalspec.kinds.fields import KindFields, meanings
from evalspec.kinds.loading import Loading
from evalspec.kinds.observations import Observation, read_observations
from evalspec.kinds.resolving import Resolved, Resolving
from evalspec.kinds.tracing import ObservationType
from evalspec.plan.model import DataType, Direction
from evalspec.plan.values import Item

SUBJECT_NAMES = frozenset({"input", "output", "expected_output", "metadata", "item"})
"""The names an evaluator's expressions may use."""

COMMON_FIELDS: Final = frozenset({"type", "description", "score", "scores", "when", "attach"})
"""The fields that the compiler itself takes care of, for every kind."""


OBSERVATION_TYPES: Final = meanings(
    span="A part of the work, of no other type.",
    generation="A language model was called.",
    event="Something happened, at one moment.",
    tool="A tool was called.",
    agent="An agent was at work.",
    chain="A step led to another.",
    retriever="Something was looked up.",
    embedding="An embedding model was called.",
    evaluator="Something was judged.",
    guardrail="Something was guarded against.",
)
"""What the types of observations mean, for editors."""


class AttachFields(KindFields):
    """Where scores are attached, instead of the item's trace."""

    to: Literal["observation", "session"] = Field(
        description="`observation`: one or several of the task's own observations; expressions then see "
        "`observation` with `name`, `type`, `input`, `output`, `metadata`, `level` and `duration`. "
        "`session`: the session of a conversation.",
        json_schema_extra=meanings(
            observation="One or several of the task's own observations.",
            session="The session of a conversation.",
        ),
    )
    name: str | None = Field(
        None, description="Only observations of this name.", examples=["search_documents"]
    )
    type: ObservationType | None = Field(
        None,
        description="Only observations of this Langfuse type.",
        examples=["tool", "generation"],
        json_schema_extra=OBSERVATION_TYPES,
    )
    match: Literal["one", "each", "first", "last"] = Field(
        "one",
        description="Which of several: `one` says that there is exactly one; `each` scores all of them, and "
        "the item by their mean (NUMERIC), or true where all are (BOOLEAN).",
        json_schema_extra=meanings(
            one="There is exactly one; several are an error.",
            each="All of them; the item's own value is their mean, or whether all are true.",
            first="The one that began first.",
            last="The one that began last.",
        ),
    )
    on_none: Literal["error", "skip"] = Field(
        "error",
        description="Where there is none: whether the evaluation fails or is skipped.",
        json_schema_extra=meanings(
            error="The evaluation fails with `no_observation`.",
            skip="The item is not scored, and counts as skipped.",
        ),
    )


class EvaluatorFields(KindFields):
    """Fields that every evaluator has."""

    description: str | None = Field(None, description="What the evaluator looks at, for people.")
    when: str | None = Field(
        None,
        description="Only items for which this expression holds are scored, the others are skipped; it may "
        "also read `scores`, what other evaluators gave.",
        examples=["metadata.answerable"],
    )
    attach: AttachFields | None = Field(
        None,
        description="Where the scores are attached; without it to the item's trace.",
        examples=[{"to": "observation", "type": "tool", "match": "each"}],
    )


class OneScoreFields(EvaluatorFields):
    """Fields of an evaluator that gives exactly one score."""

    score: str = Field(description="Name of the score it gives, from `[scores]`.")


@dataclass(slots=True, unsafe_hash=True)
class Subject:
    """What is evaluated: an item, what the task made of it, and which trial it was; not to be changed.

    `started_ns` and `ended_ns` are those of the task's call, `spans` what was recorded below it. `scores`
    holds what other evaluators gave, by score: a boolean, a number or a text, None where one was skipped;
    what an evaluator failed to give is not there. `observation` is there where the scores are attached to
    one. Below the spans named in `replaced` is what an earlier, failed attempt recorded.
    """

    item: Item
    output: Any
    trial: int = 0
    started_ns: int = field(default=0, hash=False)
    ended_ns: int = field(default=0, hash=False)
    spans: tuple[SpanRecord, ...] = field(default=(), hash=False)
    scores: Mapping[str, float | bool | str | None] = field(default_factory=dict, hash=False)
    observation: Observation | None = field(default=None, hash=False)
    replaced: frozenset[str] = field(default=frozenset(), hash=False)
    _observations: tuple[Observation, ...] | None = field(default=None, hash=False, repr=False)

    def scope(self) -> dict[str, Any]:
        """The names that expressions see."""
        item = self.item
        scope = {
            "input": item.input,
            "output": self.output,
            "expected_output": item.expected_output,
            "metadata": item.metadata,
            "item": item.as_dict(),
            "scores": self.scores,
        }
        if self.observation is not None:
            scope["observation"] = self.observation.as_dict()
        return scope

    @property
    def observations(self) -> tuple[Observation, ...]:
        """What was recorded below the task's last call, in the order of beginning."""
        if self._observations is None:
            self._observations = read_observations(self.spans, self.replaced)
        return self._observations

    def at(self, observation: Observation) -> "Subject":
        """The same subject, looked at at one of its observations."""
        return replace(self, observation=observation)


@dataclass(frozen=True, slots=True)
class Yields:
    """What one key of an evaluator's result can be: the data types, and the range of NUMERIC values.

    `direction` is which way is better, where a rubric says.
    """

    data_types: frozenset[DataType]
    bounds: tuple[float, float] | None = None
    direction: Direction | None = None


BOOLEAN: Final = Yields(frozenset({"BOOLEAN"}))
NUMBER: Final = Yields(frozenset({"NUMERIC"}))
SHARE: Final = Yields(frozenset({"NUMERIC"}), (0.0, 1.0))
CATEGORY: Final = Yields(frozenset({"CATEGORICAL"}))
ANY_TYPE: Final = Yields(frozenset({"BOOLEAN", "NUMERIC", "CATEGORICAL", "TEXT"}))


@dataclass(slots=True)
class ScoreValue:
    """One value an evaluator gave; not to be changed.

    `key` tells several scores of one evaluator apart and is empty where there is one. `value` is a number,
    a boolean, or a string (a category or a text); None says that the evaluator chose not to score: the
    score counts as skipped. `parts` are the values at single observations, where it is attached to such.
    """

    value: float | bool | str | None
    key: str = ""
    comment: str | None = None
    metadata: dict[str, Any] = field(default_factory=dict)
    parts: tuple[ScorePart, ...] = ()


class EvaluationError(Exception):
    """An evaluator could not give a score; `kind` is a stable name such as `too_large` or `missing_key`."""

    def __init__(self, kind: str, message: str) -> None:
        self.kind = kind
        super().__init__(message)


class Evaluator(Protocol):
    """An evaluator ready to be called. A blocking one is called in a worker thread.

    One that records observations of its own (see `evalspec.kinds.tracing`) has an attribute `observes` that
    is true. One that holds connections has a coroutine function `aclose`, which is called when the run ends.
    """

    @property
    def blocking(self) -> bool: ...

    def __call__(self, subject: Subject) -> Sequence[ScoreValue] | Awaitable[Sequence[ScoreValue]]: ...


F = TypeVar("F", bound=EvaluatorFields)


Group = Literal[
    "comparison",
    "text",
    "format",
    "similarity",
    "runtime",
    "trajectory",
    "retrieval",
    "semantic",
    "model_graded",
    "composed",
    "custom",
    "plugin",
]
"""The places in the catalogue, in its order."""


def _nothing_moved(fields: dict[str, Any], loading: Loading) -> Sequence[str]:
    return ()


Needs = Literal["observations", "latency", "session"]
"""What a kind asks of the task: observations below its call, the time its call took, a session."""


@dataclass(frozen=True, slots=True)
class EvaluatorKind(Generic[F]):
    """One kind of evaluator: its fields, what it yields, how it is resolved, and how it is built.

    `semantics` is raised by hand whenever the meaning of its scores changes. `yields` says what each key of
    its result can be; the key is empty for what `score` names. `reads` are the expressions over item and
    output it evaluates. `needs` is what it looks at besides, which may depend on its fields. `moved` is asked
    before a plan is run: it names what the fields pin, besides code, that is no longer what is there. `group`
    is its place in the catalogue, `extra` the optional part of the installation that it needs.
    """

    type: str
    fields: builtins.type[F]
    semantics: int
    yields: Callable[[F], Mapping[str, Yields]]
    resolve: Callable[[F, Resolving], Resolved]
    build: Callable[[dict[str, Any], Loading], Evaluator]
    reads: Callable[[F], tuple[str, ...]] = lambda fields: ("output", "expected_output")
    needs: Callable[[F], frozenset[Needs]] = lambda fields: frozenset()
    group: Group = "comparison"
    extra: str | None = None
    moved: Callable[[dict[str, Any], Loading], Sequence[str]] = _nothing_moved


def outputs_of(fields: EvaluatorFields) -> dict[str, str]:
    """The scores an evaluator gives: key in its result to name of the score; the key of `score` is empty."""
    scores = getattr(fields, "scores", None)
    if scores is not None:
        return dict(scores)
    score = getattr(fields, "score", None)
    return {} if score is None else {"": score}
