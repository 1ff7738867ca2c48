"""Requests made of a section's fields and the data at hand."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from evalspec.kinds.outside import CallFailed
from evalspec.kinds.text_templates import TreeTemplate, evaluated, split_template
from evalspec.version import __version__

__all__ = ["Prepared", "RequestTemplate"]

_USER_AGENT: Final = f"evalspec/{__version__}"
_TYPES: Final = {
    "json": "application/json",
    "body": "text/plain; charset=utf-8",
    "form": "application/x-www-form-urlencoded",
}


@dataclass(frozen=True, slots=True)
class Prepared:
    """A request that is ready to be sent, but for what is secret."""

    method: str
    url: str
    headers: Mapping[str, str]
    content: bytes | None = None


class RequestTemplate:
    """Makes requests of a plan's fields."""

    def __init__(self, fields: Mapping[str, Any], names: Collection[str]) -> None:
        self._method: str = fields["method"]
        self._url = split_template(fields["url"], names)
        self._query = TreeTemplate("query", fields.get("query", {}), names)
        self._kind = next((kind for kind in _TYPES if kind in fields), None)
        typed = self._kind == "json"
        self._body = (
            None if self._kind is None else TreeTemplate(self._kind, fields[self._kind], names, typed=typed)
        )
        headers = {"user-agent": _USER_AGENT}
        if self._kind is not None:
            headers["content-type"] = fields.get("content_type", _TYPES[self._kind])
        if fields.get("stream") == "sse":
            headers["accept"] = "text/event-stream"
        self.headers = headers | {name.lower(): value for name, value in fields.get("headers", {}).items()}

    def render(self, scope: Mapping[str, Any]) -> Prepared:
        """The request for this data. Raises CallFailed: `missing_key`, `expression_failed`,
        `invalid_request`.
        """
        return Prepared(self._method, self._full_url(scope), self.headers, self._content(scope))

    def _full_url(self, scope: Mapping[str, Any]) -> str:
        url = "".join(
            part if isinstance(part, str) else quote(evaluated("url", part, scope), safe="")
            for part in self._url
        )
        if any(segment in (".", "..") for segment in urlsplit(url).path.split("/")):
            # They would lead to another place of the server, which is not the data's to choose.
            raise CallFailed("invalid_request", "`url`: a segment of the path came out as `.` or `..`")
        query = urlencode(self._query.render(scope), quote_via=quote)
        url = url.partition("#")[0]
        if not query:
            return url
        return f"{url}{'&' if '?' in url else '?'}{query}"

    def _content(self, scope: Mapping[str, Any]) -> bytes | None:
        if self._body is None:
            return None
        made = self._body.render(scope)
        if self._kind == "json":
            made = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
        elif self._kind == "form":
            made = urlencode(made)
        encoded: bytes = made.encode()
        return encoded
