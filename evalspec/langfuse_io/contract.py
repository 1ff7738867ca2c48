"""Which server it is, whether the keys work, and how it takes scores.

Servers of the 4.x line take scores one by one or as events of the ingestion endpoint; the new contract takes
lists on the score endpoint. Which one it is, is decided by what the server answers to an empty list, which
changes nothing.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from evalspec.langfuse_io.client import Answer, LangfuseRefused, SyncClient


class Contract(StrEnum):
    """How a server takes scores."""

    EVENTS = "4.x"
    LISTS = "5"


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What a server says of itself. `version` is None where it does not say."""

    host: str
    version: str | None
    ready: bool
    project_id: str
    project_name: str
    contract: Contract


def probe(client: SyncClient) -> ServerInfo:
    """Ask a server what it is. Raises ServiceUnreachable, and LangfuseRefused where the keys are wrong."""
    health = client.ask("GET", "/health")
    if not health.fine and (health.worth_repeating or health.keys_refused):
        client.accepted(health)
    project_id, project_name = project(client)
    return ServerInfo(
        host=client.settings.host,
        version=version_of(health),
        ready=client.ask("GET", "/ready").fine,
        project_id=project_id,
        project_name=project_name,
        contract=contract_of(client),
    )


def version_of(health: Answer) -> str | None:
    """The version in the answer of the health endpoint."""
    content = health.json() if health.fine else None
    version = content.get("version") if isinstance(content, dict) else None
    return str(version) if version else None


def project(client: SyncClient) -> tuple[str, str]:
    """Id and name of the project that the keys belong to."""
    projects = client.get("/projects").get("data")
    if not projects:
        raise LangfuseRefused(f"{client.settings.host} knows no project of these keys", 200)
    return projects[0]["id"], projects[0].get("name") or ""


def contract_of(client: SyncClient) -> Contract:
    """Which contract the score endpoint speaks."""
    answer = client.ask("POST", "/scores", content=[])
    if answer.worth_repeating or answer.keys_refused:
        client.accepted(answer)
    return Contract.EVENTS if wants_one_object(answer) else Contract.LISTS


def wants_one_object(answer: Answer) -> bool:
    """Whether the score endpoint refused a list because it was a list."""
    if answer.status != 400:
        return False
    content = answer.json()
    issues: Any = content.get("error") if isinstance(content, dict) else None
    return isinstance(issues, list) and any(
        isinstance(issue, dict) and issue.get("expected") == "object" and not issue.get("path")
        for issue in issues
    )


def has_no_ingestion(answer: Answer) -> bool:
    """Whether the ingestion endpoint does not exist (any more)."""
    return answer.status in (404, 405, 410)
