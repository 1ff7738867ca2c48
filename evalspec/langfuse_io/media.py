"""Media that Langfuse keeps, read for models that are to see them."""

import time
from collections.abc import Iterable
from typing import Any, Final
from urllib.parse import quote

from evalspec.diagnostics.errors import ServiceRefused, ServiceUnreachable
from evalspec.kinds.media import MAX_BYTES, MediaFailed, MediaRef
from evalspec.kinds.waiting import in_daemon_thread
from evalspec.langfuse_io.client import SyncClient, http_options
from evalspec.langfuse_io.settings import LangfuseSettings

LONGEST_SECONDS: Final = 120
"""How long the bytes of a medium may take to come."""


class LangfuseMedia:
    """The media of a project."""

    def __init__(self, settings: LangfuseSettings) -> None:
        self._settings = settings

    async def fetch(self, reference: MediaRef) -> bytes:
        """A medium's bytes. Raises MediaFailed."""
        return await in_daemon_thread(self._read, reference)

    def _read(self, reference: MediaRef) -> bytes:
        import httpx

        what = f"the medium {reference.id!r}"
        try:
            with SyncClient(self._settings) as client:
                found = client.get(f"/media/{quote(reference.id, safe='')}")
        except (ServiceUnreachable, ServiceRefused) as error:
            raise MediaFailed(f"{what} cannot be had: {error}") from None
        url = found.get("url")
        if not isinstance(url, str):
            raise MediaFailed(f"{what} has no address")
        options: dict[str, Any] = {
            "timeout": http_options(self._settings)["timeout"],
            "follow_redirects": True,
        }
        try:
            # A signed address of the storage, which the project's keys must not be sent to.
            with httpx.stream("GET", url, **options) as answer:
                if answer.status_code != httpx.codes.OK:
                    raise MediaFailed(f"{what} cannot be read: the storage answered {answer.status_code}")
                if "," in answer.headers.get("content-encoding", ""):
                    # One in another: a few bytes that become gigabytes before anybody can count them.
                    raise MediaFailed(f"{what} is compressed more than once")
                return _whole(answer.iter_bytes(), what)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise MediaFailed(f"{what} cannot be read: {type(error).__name__}") from None


def _whole(pieces: Iterable[bytes], what: str) -> bytes:
    """All of a medium that comes in pieces, neither too many nor for too long. Raises MediaFailed."""
    body = bytearray()
    until = time.monotonic() + LONGEST_SECONDS
    for piece in pieces:
        body += piece
        if len(body) > MAX_BYTES:
            raise MediaFailed(f"{what} has more than {MAX_BYTES:,} bytes")
        if time.monotonic() > until:
            raise MediaFailed(f"{what} did not come whole within {LONGEST_SECONDS:g} s")
    return bytes(body)
