"""What a run is published to: found out, and where needed made, before the first delivery."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from evalspec.datasets.langfuse import version_text
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.langfuse_io.client import LangfuseRefused, SyncClient
from evalspec.langfuse_io.contract import Contract
from evalspec.langfuse_io.dataset_sync import push_items
from evalspec.langfuse_io.datasets import find_dataset
from evalspec.langfuse_io.experiment import META_KEY, Experiment, HostedSource, experiment_of
from evalspec.langfuse_io.score_configs import ScoreConfigs, verify_score_configs
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.plan.model import Plan

PATIENCE = 8
"""How often one request of the preparations is tried."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a run goes, as what. `notes` is what people should know."""

    project_id: str
    contract: Contract
    experiment: Experiment
    configs: ScoreConfigs
    notes: tuple[str, ...] = ()


def prepare(
    journal: Journal,
    reader: JournalReader,
    plan: Plan,
    settings: LangfuseSettings,
    project_id: str,
    contract: Contract,
    metadata: Mapping[str, Any] | None,
    time_is_up: Callable[[], bool],
) -> Target:
    """Settle what the experiments say, once for all deliveries, and find the score configs.

    Raises ServiceUnreachable, and LangfuseRefused where publishing cannot go on.
    """
    notes: list[str] = []
    with SyncClient(settings, PATIENCE, time_is_up) as client:
        stored = reader.meta(META_KEY)
        if stored is not None:
            if stored["project_id"] != project_id:
                raise LangfuseRefused(
                    f"this run is published to project {stored['project_id']}; "
                    f"the keys belong to project {project_id}",
                    409,
                )
            if stored["base_url"] != settings.base_url:
                raise LangfuseRefused(
                    f"this run is published to {stored['base_url']}, and LANGFUSE_BASE_URL is"
                    f" {settings.base_url}; where both are one server, set it as it was",
                    409,
                )
            experiment = Experiment.from_json(stored["experiment"])
            notes += stored["notes"]
        else:
            dataset = _hosted_source(client, reader, plan, notes)
            experiment = experiment_of(journal.header, plan, dataset, metadata)
            record = {
                "project_id": project_id,
                "base_url": settings.base_url,
                "experiment": experiment.to_json(),
                "notes": notes,
            }
            journal.set_meta(META_KEY, record).result()
        configs = verify_score_configs(client, plan.scores)
    notes += [*configs.mismatches, *configs.notes]
    return Target(project_id, contract, experiment, configs, tuple(notes))


def _hosted_source(
    client: SyncClient, reader: JournalReader, plan: Plan, notes: list[str]
) -> HostedSource | None:
    """The hosted dataset of a plan: the one it was read from, or the one that it keeps a copy in."""
    if plan.dataset.push_to is not None:
        items = (item for _, item, _ in reader.items())
        pushed = push_items(client, plan.dataset.push_to, items)
        notes += [f"item {item_id!r} could not be hosted: {reason}" for item_id, reason in pushed.refused]
        return HostedSource(
            pushed.dataset_id,
            pushed.name,
            version_text(pushed.version),
            pushed=True,
            kept_ids=pushed.kept_ids,
        )
    if plan.dataset.type != "langfuse":
        return None
    name, version = plan.dataset.fields["name"], plan.dataset.fields.get("version", "")
    found = find_dataset(client, name)
    if found is None:
        raise LangfuseRefused(f"{client.settings.host} has no dataset named {name!r}", 404)
    return HostedSource(found["id"], name, version, pushed=False)
