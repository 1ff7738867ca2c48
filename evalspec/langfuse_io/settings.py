"""Where the Langfuse server is and how to sign in, read from environment variables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit, urlunsplit

from evalspec.diagnostics.errors import UsageError

BASE_URL = "LANGFUSE_BASE_URL"
PUBLIC_KEY = "LANGFUSE_PUBLIC_KEY"
SECRET_KEY = "LANGFUSE_SECRET_KEY"
REQUIRED = (BASE_URL, PUBLIC_KEY, SECRET_KEY)

DEFAULT_TIMEOUT = 12.0


@dataclass(frozen=True, slots=True)
class LangfuseSettings:
    """A server and the keys of one of its projects. Neither key shows in `repr`.

    `timeout` is how many seconds a server may take to answer one request before it is asked again.
    """

    base_url: str
    public_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    timeout: float = DEFAULT_TIMEOUT

    @property
    def host(self) -> str:
        """Host and port, which is what messages say of the server."""
        return urlsplit(self.base_url).netloc

    def with_timeout(self, seconds: float) -> "LangfuseSettings":
        """The same server with another limit on the time of one request."""
        return replace(self, timeout=seconds)


def missing_settings(environ: Mapping[str, str]) -> tuple[str, ...]:
    """The names of the environment variables that are needed and not set."""
    return tuple(name for name in REQUIRED if not environ.get(name, "").strip())


def settings_from(environ: Mapping[str, str]) -> LangfuseSettings | None:
    """The settings that the environment gives, or None when one of the three variables is not set.

    All three are asked for, the address too: results are never sent to a default server by accident. Raises
    UsageError for an address that is none.
    """
    if missing_settings(environ):
        return None
    return LangfuseSettings(
        base_url=_plain_address(environ[BASE_URL].strip()),
        public_key=environ[PUBLIC_KEY].strip(),
        secret_key=environ[SECRET_KEY].strip(),
    )


def _plain_address(text: str) -> str:
    """`text` without a trailing slash and without a user name and password, which the keys replace."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise UsageError(
            f"{BASE_URL} is not the address of a server; it looks like https://langfuse.example.com"
        )
    name = f"[{host}]" if ":" in host else host
    place = name if port is None else f"{name}:{port}"
    return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))
