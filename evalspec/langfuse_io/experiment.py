"""A run as Langfuse experiments: one per trial number, because an experiment shows one result per item.

What the experiments are called and say is decided once, before anything is delivered, and kept in the
journal. Whatever is delivered later, by whichever process, says the same: spans that are delivered twice must
be the same bytes.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

import orjson

from evalspec.journal.ids import experiment_id, hosted_item_id
from evalspec.journal.records import RunHeader
from evalspec.plan.canonical import short
from evalspec.plan.model import Plan

META_KEY = "experiment"
ENVIRONMENT = "sdk-experiment"
"""The environment that Langfuse's own SDK gives experiments; the server's pages look for it."""


@dataclass(frozen=True, slots=True)
class HostedSource:
    """The hosted dataset a run is about.

    `pushed` says that its items are copies of ours with derived ids; `kept_ids` are those of ours that stand
    there under their own id, because they were made there.
    """

    id: str
    name: str
    version: str
    pushed: bool
    kept_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Experiment:
    """What is the same for all experiments of a run. `version` and the values of `metadata` are texts."""

    run_id: str
    name: str
    description: str | None
    trace_name: str
    tags: tuple[str, ...]
    repeats: int
    dataset: HostedSource | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)

    def id_of(self, trial: int) -> str:
        """The id of the experiment that holds trial number `trial` (from 0)."""
        return experiment_id(self.run_id, trial)

    def name_of(self, trial: int) -> str:
        """Its name; people count trials from 1."""
        return self.name if self.repeats == 1 else f"{self.name} · trial {trial + 1}"

    def metadata_of(self, trial: int) -> dict[str, str]:
        """Its metadata."""
        return {**self.metadata, "evalspec_trial": str(trial + 1), "evalspec_repeats": str(self.repeats)}

    def item_id(self, item_id: str) -> str:
        """The id under which the server knows an item."""
        dataset = self.dataset
        if dataset is not None and dataset.pushed and item_id not in dataset.kept_ids:
            return hosted_item_id(dataset.name, item_id)
        return item_id

    def to_json(self) -> dict[str, Any]:
        """As the journal keeps it."""
        stored = asdict(self)
        if self.dataset is not None:
            stored["dataset"]["kept_ids"] = sorted(self.dataset.kept_ids)
        return stored

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` gave."""
        dataset = stored["dataset"]
        return cls(
            run_id=stored["run_id"],
            name=stored["name"],
            description=stored["description"],
            trace_name=stored["trace_name"],
            tags=tuple(stored["tags"]),
            repeats=stored["repeats"],
            dataset=HostedSource(**{**dataset, "kept_ids": frozenset(dataset["kept_ids"])})
            if dataset
            else None,
            metadata=stored["metadata"],
        )


def experiment_of(
    header: RunHeader, plan: Plan, dataset: HostedSource | None, extra: Mapping[str, Any] | None = None
) -> Experiment:
    """The experiments of a run. `extra` is further metadata, such as factors; it stands on every span."""
    known: dict[str, Any] = {
        **header.metadata,
        **(extra or {}),
        "evalspec_run": header.run_id,
        "evalspec_group": header.run_id,
        "evalspec_spec": header.spec_name,
        "evalspec_spec_path": plan.spec.path if plan.spec else None,
        "evalspec_plan_digest": plan.digest,
        "evalspec_dataset_digest": plan.dataset.digest,
        "evalspec_task_digest": plan.task.digest,
        # On every span of the run, so in short; each score has the whole digests in its own metadata.
        "evalspec_evaluators": {name: short(part.digest) for name, part in plan.evaluators.items()},
        "evalspec_deviations": list(header.deviations) or None,
    }
    return Experiment(
        run_id=header.run_id,
        name=header.name,
        description=plan.description,
        trace_name=plan.name,
        tags=plan.tags,
        repeats=plan.task.repeats,
        dataset=dataset,
        metadata={key: as_text(value) for key, value in known.items() if value is not None},
    )


def as_text(value: Any) -> str:
    """A metadata value as the server keeps it: a text as it is, anything else as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


SCORE_MODE: Literal["offline"] = "offline"
SCORE_SOURCE: Literal["evalspec"] = "evalspec"
