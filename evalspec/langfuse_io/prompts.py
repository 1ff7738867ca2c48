"""Prompts in Langfuse, read at a version."""

from typing import Any
from urllib.parse import quote

from evalspec.diagnostics.errors import ServiceRefused
from evalspec.langfuse_io.client import SyncClient
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.prompts.base import HostedPrompt


class LangfusePrompts:
    """The prompts of a project; the port that prompt kinds use. Each is asked for once."""

    def __init__(self, settings: LangfuseSettings) -> None:
        self._settings = settings
        self._found: dict[tuple[str, int | None, str | None], HostedPrompt] = {}

    def prompt(self, name: str, version: int | None, label: str | None) -> HostedPrompt:
        """A prompt at a version, or at the one that a label names.

        Raises LookupError where there is none, ServiceUnreachable, and ServiceRefused.
        """
        key = name, version, label
        if key not in self._found:
            self._found[key] = self._fetch(name, version, label)
        return self._found[key]

    def _fetch(self, name: str, version: int | None, label: str | None) -> HostedPrompt:
        params: dict[str, Any] = {"version": version} if version is not None else {"label": label}
        with SyncClient(self._settings) as client:
            answer = client.ask("GET", f"/v2/prompts/{quote(name, safe='')}", params)
            if answer.status == 404:
                raise LookupError(f"{self._settings.host} has no such version of the prompt {name!r}")
            found = client.accepted(answer).json()
        content = found.get("prompt") if isinstance(found, dict) else None
        if not isinstance(content, str | list):
            raise ServiceRefused(f"{self._settings.host} answered something that is no prompt for {name!r}")
        return HostedPrompt(found["name"], int(found["version"]), tuple(found.get("labels") or ()), content)
