"""Routes by path segments: a segment is decoded after the path is split, so names may hold slashes."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

from tests.emulator.wire import MEBIBYTE, Call, Reply

Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Route:
    """`limit` is the largest body in bytes, None for no limit."""

    template: str
    segments: tuple[str, ...]
    handler: Handler
    limit: int | None

    def too_long(self, size: int) -> str | None:
        if self.limit is None or size <= self.limit:
            return None
        return f"Body exceeded {self.limit / MEBIBYTE:g}mb limit"


class Router:
    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self._routes: dict[tuple[str, int], list[Route]] = {}

    def add(self, method: str, path: str, handler: Handler, limit: int | None = MEBIBYTE) -> None:
        template = f"{self._prefix}/{path}"
        segments = tuple(template.split("/"))
        self._routes.setdefault((method, len(segments)), []).append(Route(template, segments, handler, limit))

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]] | None:
        given = raw_path.split("/")
        for route in self._routes.get((method, len(given)), ()):
            params = _match(route.segments, given)
            if params is not None:
                return route, params
        return None

    def knows(self, raw_path: str) -> bool:
        """Whether another method would find a route."""
        return any(self.find(method, raw_path) for method in ("GET", "POST", "PATCH", "DELETE"))


def _match(segments: tuple[str, ...], given: list[str]) -> dict[str, str] | None:
    params: dict[str, str] = {}
    for expected, part in zip(segments, given, strict=True):
        if expected.startswith("{"):
            if not part:
                return None
            params[expected[1:-1]] = unquote(part)
        elif expected != part:
            return None
    return params
