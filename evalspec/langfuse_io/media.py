"""Media that Langfuse keeps, read for models that are to see them."""

from urllib.parse import quote

from evalspec.diagnostics.errors import ServiceRefused, ServiceUnreachable
from evalspec.kinds.media import MAX_BYTES, MediaFailed, MediaRef
from evalspec.kinds.waiting import in_daemon_thread
from evalspec.langfuse_io.client import SyncClient, http_options
from evalspec.langfuse_io.settings import LangfuseSettings


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
        try:
            # A signed address of the storage, which the project's keys must not be sent to.
            answer = httpx.get(url, timeout=http_options(self._settings)["timeout"], follow_redirects=True)
        except httpx.HTTPError as error:
            raise MediaFailed(f"{what} cannot be read: {type(error).__name__}") from None
        if answer.status_code != httpx.codes.OK:
            raise MediaFailed(f"{what} cannot be read: the storage answered {answer.status_code}")
        if len(answer.content) > MAX_BYTES:
            raise MediaFailed(f"{what} has {len(answer.content):,} bytes, more than {MAX_BYTES:,}")
        return answer.content
