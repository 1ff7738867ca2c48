"""What a run asked of models: requests, tokens, cost, read from the generations in its journal."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import Field

from evalspec.analysis.parts import Part
from evalspec.journal.reader import JournalReader
from evalspec.kinds.observations import Observation, read_observations
from evalspec.plan.model import PlanModel

Use = Literal["subject", "judge"]


class ModelUsage(Part):
    """What one model was asked, for one use."""

    name: str = Field(description="The model's name in the spec.")
    use: Use = Field(
        description="`subject` where the task asked it, `judge` where an evaluator or a simulated user did."
    )
    model: str = Field(description="Provider and model that were asked for.")
    reported: list[str] = Field(description="What the provider said had answered, each once.")
    requests: int = Field(ge=0, description="Requests, repetitions and repairs included.")
    input_tokens: int = Field(ge=0, description="Tokens that went in.")
    output_tokens: int = Field(ge=0, description="Tokens that came out.")
    cost: float = Field(ge=0, description="USD, of what has a known price.")
    unpriced: int = Field(ge=0, description="Answers whose price is not known, and is not in `cost`.")
    failed: int = Field(ge=0, description="Calls that failed; what was answered before they did counts.")
    embedded: bool = Field(description="Whether evalspec itself answered, and no language model.")


@dataclass(slots=True)
class _Sum:
    reported: dict[str, None] = field(default_factory=dict)
    requests: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    unpriced: int = 0
    failed: int = 0

    def add(self, observation: Observation) -> None:
        self.requests += _whole(observation.metadata.get("attempts"), 1)
        if observation.model is not None:
            self.reported.setdefault(observation.model)
        else:
            self.failed += 1
            if observation.usage is None:
                return
        usage = observation.usage or {}
        self.input_tokens += usage.get("input", 0)
        self.output_tokens += usage.get("output", 0)
        if observation.cost is None:
            self.unpriced += 1
        else:
            self.cost += observation.cost


def model_usage(reader: JournalReader, models: Mapping[str, PlanModel]) -> list[ModelUsage]:
    """The usage of each of a plan's models, subject first; those that were not asked are left out."""
    if not models:
        return []
    sums: dict[tuple[Use, str], _Sum] = {}
    for observation in _generations(reader):
        name = observation.metadata.get("evalspec_model")
        if isinstance(name, str) and name in models:
            # Not whether it is the task's: a simulated user is asked there, and measures.
            use: Use = "judge" if observation.metadata.get("evalspec_use") == "judge" else "subject"
            sums.setdefault((use, name), _Sum()).add(observation)
    order = list(models)

    def place(use: Use, name: str) -> tuple[bool, int]:
        return use == "judge", order.index(name)

    return [
        ModelUsage(
            name=name,
            use=use,
            model=models[name].model,
            reported=list(found.reported),
            requests=found.requests,
            input_tokens=found.input_tokens,
            output_tokens=found.output_tokens,
            cost=found.cost,
            unpriced=found.unpriced,
            failed=found.failed,
            embedded=models[name].model.startswith("embedded:"),
        )
        for (use, name), found in sorted(sums.items(), key=lambda entry: place(*entry[0]))
    ]


def _generations(reader: JournalReader) -> Iterable[Observation]:
    for span in reader.spans():
        # Most spans are no generations of ours; these need not be read.
        if b"evalspec_model" in span.payload:
            yield from read_observations([span])


def _whole(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
