"""Is everything there that publishing needs? Nothing is written to the server to find out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from evalspec.diagnostics.errors import EvalspecError, UsageError
from evalspec.langfuse_io.client import Answer, SyncClient
from evalspec.langfuse_io.contract import Contract, ServerInfo, contract_of, project, version_of
from evalspec.langfuse_io.settings import missing_settings, settings_from

SKEW = 60.0
"""Seconds by which clocks may differ before it is worth mentioning."""
_NOTHING: dict[str, Any] = {"resourceSpans": []}


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `message` says what was found, in a sentence."""

    name: str
    ok: bool
    message: str


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """All checks, and what server it is if it could be reached."""

    checks: tuple[Check, ...]
    server: ServerInfo | None = None

    @property
    def ok(self) -> bool:
        """Whether publishing will work, as far as can be told."""
        return all(check.ok for check in self.checks)


def doctor(environ: Mapping[str, str]) -> Diagnosis:
    """Look at the settings, the server, the keys, and each endpoint that is used."""
    try:
        settings = settings_from(environ)
    except UsageError as error:
        return Diagnosis((Check("settings", False, str(error)),))
    if settings is None:
        missing = ", ".join(missing_settings(environ))
        return Diagnosis((Check("settings", False, f"not set: {missing}"),))
    found = Check(
        "settings",
        True,
        f"LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY name {settings.host}",
    )
    with SyncClient(settings, tries=2) as client:
        return _Examination(client, [found]).run()


class _Examination:
    def __init__(self, client: SyncClient, checks: list[Check]) -> None:
        self._client = client
        self._checks = checks

    def run(self) -> Diagnosis:
        health = self._client.ask("GET", "/health")
        version = version_of(health)
        if health.status == 0 or health.status >= 500:
            self._note("server", False, health.explanation())
            return Diagnosis(tuple(self._checks))
        said = f"Langfuse {version}" if version else "it does not say its version"
        self._note("server", True, f"{self._client.settings.host} answers: {said}")
        self._clock(health)
        ready = self._client.ask("GET", "/ready")
        self._note(
            "ready", ready.fine, "it is ready" if ready.fine else f"it is not ready: {ready.explanation()}"
        )
        known = self._try(
            "keys",
            lambda: project(self._client),
            lambda value: f"they belong to project {value[1] or value[0]} ({value[0]})",
        )
        if known is None:
            return Diagnosis(tuple(self._checks))
        contract = self._try("scores", lambda: contract_of(self._client), _spoken)
        self._endpoints()
        if contract is None:
            return Diagnosis(tuple(self._checks))
        server = ServerInfo(self._client.settings.host, version, ready.fine, known[0], known[1], contract)
        return Diagnosis(tuple(self._checks), server)

    def _endpoints(self) -> None:
        """Each endpoint, asked for as little as possible."""
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        reads: tuple[tuple[str, str, dict[str, Any]], ...] = (
            ("score configs", "/score-configs", {"limit": 1}),
            ("datasets", "/v2/datasets", {"limit": 1}),
            ("read back scores", "/v3/scores", {"limit": 1}),
            ("read back items", "/experiment-items", {"limit": 1, "fromStartTime": now}),
        )
        self._answered(
            "spans", self._client.ask("POST", "/otel/v1/traces", content=_NOTHING), "/otel/v1/traces"
        )
        for name, path, params in reads:
            self._answered(name, self._client.ask("GET", path, params), path)

    def _answered(self, name: str, answer: Answer, path: str) -> None:
        self._note(name, answer.fine, f"{path} works" if answer.fine else f"{path}: {answer.explanation()}")

    def _clock(self, answer: Answer) -> None:
        if answer.date is None:
            return
        skew = (datetime.now(UTC) - answer.date).total_seconds()
        far = abs(skew) > SKEW
        direction = "ahead of" if skew > 0 else "behind"
        message = (
            f"this machine's clock is {abs(skew):.0f} s {direction} the server's"
            if far
            else "both clocks agree"
        )
        self._note("clock", not far, message)

    def _try(self, name: str, look: Callable[[], Any], say: Callable[[Any], str]) -> Any:
        try:
            value = look()
        except EvalspecError as error:
            self._note(name, False, str(error))
            return None
        self._note(name, True, say(value))
        return value

    def _note(self, name: str, ok: bool, message: str) -> None:
        self._checks.append(Check(name, ok, message))


def _spoken(contract: Contract) -> str:
    how = "as events of the ingestion endpoint" if contract is Contract.EVENTS else "as lists"
    return f"it takes scores {how} (contract {contract})"
