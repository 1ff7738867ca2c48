"""Faults on demand: which requests fail, in which way, and for how long."""

import random
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from pydantic import TypeAdapter

Action = Literal["status", "refuse", "hang", "slow", "cut", "close"]
WRITES = re.compile(r"^/api/public/(otel/v1/traces|scores|ingestion)$")


@dataclass(frozen=True)
class FaultRule:
    """One kind of failure and the requests that meet it.

    action: `status` answers `status` (with Retry-After when `retry_after` is given, seconds or an HTTP date);
    `refuse` closes the listening socket and every connection, so that connecting is refused; `hang` takes the
    request and never answers, closing the connection when the window ends; `slow` answers after `delay`
    seconds; `cut` sends half of the answer and closes the connection; `close` closes it without an answer.
    path: a regular expression searched in the decoded path. methods: empty means all.
    share: the part of the matching requests that fail, drawn from `seed`. times: at most so many failures.
    start: the window opens `now` or at the `first_write` (spans or scores) that matches; it lasts `duration`
    seconds, for ever when None. stored: the request is carried out before it fails, so the client repeats
    what is stored.
    """

    action: Action = "status"
    status: int = 503
    retry_after: str | None = None
    path: str = r"^/api/public/"
    methods: tuple[str, ...] = ()
    share: float = 1.0
    seed: int = 0
    times: int | None = None
    start: Literal["now", "first_write"] = "now"
    duration: float | None = None
    delay: float = 1.0
    stored: bool = False


RULES = TypeAdapter(list[FaultRule])


def parse_rules(content: object) -> list[FaultRule]:
    """One rule or a list of them, as JSON values. Raises ValueError, unknown keys included."""
    entries = content if isinstance(content, list) else [content]
    known = FaultRule.__dataclass_fields__
    for entry in entries:
        unknown = set(entry) - set(known) if isinstance(entry, dict) else {"not an object"}
        if unknown:
            raise ValueError(f"unknown keys in a fault rule: {', '.join(sorted(unknown))}")
    return RULES.validate_python(entries)


@dataclass
class _Window:
    rule: FaultRule
    opened: float | None = None
    hits: int = 0
    draw: random.Random = field(default_factory=random.Random)

    def remaining(self) -> float | None:
        """Seconds until the window closes, None when it never does."""
        if self.opened is None or self.rule.duration is None:
            return None
        return self.opened + self.rule.duration - time.monotonic()


@dataclass(frozen=True)
class Fault:
    """A rule that one request has met, with the seconds its window still lasts (None: no end)."""

    rule: FaultRule
    remaining: float | None


class FaultBoard:
    """The rules in force. The server sets the two hooks: `on_refuse` is called with the seconds for which the
    listener shall refuse connections (None: until told otherwise), `on_accept` when new rules end a
    refusal.
    """

    def __init__(self) -> None:
        self._windows: list[_Window] = []
        self.on_refuse: Callable[[float | None], None] = lambda _: None
        self.on_accept: Callable[[], None] = lambda: None

    def set(self, rules: Sequence[FaultRule]) -> None:
        """Replace the rules; an empty list ends all faults."""
        self.on_accept()
        self._windows = [_Window(rule, draw=random.Random(rule.seed)) for rule in rules]
        for window in self._windows:
            if window.rule.start == "now":
                self._open(window)

    def _open(self, window: _Window) -> None:
        window.opened = time.monotonic()
        if window.rule.action == "refuse":
            self.on_refuse(window.rule.duration)

    def pick(self, method: str, path: str) -> Fault | None:
        """The first rule that this request meets."""
        for window in self._windows:
            rule = window.rule
            if (rule.methods and method not in rule.methods) or not re.search(rule.path, path):
                continue
            if window.opened is None:
                if method != "POST" or not WRITES.match(path):
                    continue
                self._open(window)
            remaining = window.remaining()
            if remaining is not None and remaining <= 0:
                continue
            if rule.times is not None and window.hits >= rule.times:
                continue
            if rule.share < 1 and window.draw.random() >= rule.share:
                continue
            window.hits += 1
            return Fault(rule, remaining)
        return None

    def report(self) -> list[Mapping[str, object]]:
        return [
            asdict(window.rule) | {"hits": window.hits, "remaining": window.remaining()}
            for window in self._windows
        ]
