"""What can be known to go wrong before a run begins."""

from evalspec.diagnostics.errors import ServiceRefused, ServiceUnreachable
from evalspec.langfuse_io.client import SyncClient
from evalspec.langfuse_io.score_configs import differences, list_score_configs
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.plan.model import Plan

PATIENCE = 5.0
"""Seconds that a server may take: one that is slow or down now does not hold a run back."""


def objections(settings: LangfuseSettings, plan: Plan) -> list[str]:
    """One sentence for each score that the server knows only by a config that contradicts the plan's, with
    what to do about it.

    Nothing where the server does not answer. Raises ServiceRefused where it does not take the keys.
    """
    try:
        with SyncClient(settings.with_timeout(PATIENCE), tries=1) as client:
            configs = list_score_configs(client)
    except ServiceRefused:
        raise
    except ServiceUnreachable:
        return []
    found: list[str] = []
    for name, score in plan.scores.items():
        wrong = [differences(config, score) for config in configs if config.name == name]
        if wrong and all(wrong):
            found.append(
                f"Langfuse has another score config `{name}`: {', '.join(wrong[0])};"
                " change or archive that one, or give the score another name"
            )
    return found
