"""Where a process can be made to kill itself, and the wrapping that does it.

A trap names a callable of evalspec, which of its calls is meant, and the moment: before the call, after it,
or on the way, when it has just begun.
"""

import functools
import inspect
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal, NoReturn

Moment = Literal["before", "after", "on the way"]
Phase = Literal["beginning", "running", "committing", "publishing", "closing"]

_ON_THE_WAY = 0.002
"""Seconds after the beginning of a call."""


@dataclass(frozen=True)
class Place:
    """A callable by module and qualified name; `calls`: how often it is called at least in a whole run.
    `published` says that it is called only where results go to a server.
    """

    phase: Phase
    module: str
    name: str
    calls: int
    moments: tuple[Moment, ...] = ("before", "after")
    published: bool = False


ALL: tuple[Moment, ...] = ("before", "after", "on the way")

PLACES = (
    Place("beginning", "evalspec.api.running", "build_parts", 1),
    Place("beginning", "evalspec.journal.journal", "create_tables", 1),
    Place("beginning", "evalspec.journal.journal", "_write_beginning", 1, ALL),
    Place("running", "evalspec.runner.trials", "Trials.carry_out", 100, ALL),
    Place("running", "evalspec.journal.journal", "Journal.put", 100),
    Place("running", "evalspec.runner.hops", "BlockingCaller.run", 50, ALL),
    Place("committing", "evalspec.journal.writer", "Writer._commit", 10, ALL),
    Place("committing", "evalspec.journal.storing", "Store.add", 10),
    Place("committing", "evalspec.journal.storing", "Store._complete_new", 10),
    Place("publishing", "evalspec.langfuse_io.publisher", "prepare", 1, published=True),
    Place("publishing", "evalspec.langfuse_io.lines", "Lines.ask", 10, ALL, published=True),
    Place("publishing", "evalspec.langfuse_io.delivery", "Delivery._persist", 8, ALL, published=True),
    Place("publishing", "evalspec.journal.journal", "Journal.mark_spans_sent", 4, published=True),
    Place("publishing", "evalspec.journal.journal", "Journal.mark_scores_sent", 4, published=True),
    Place("publishing", "evalspec.langfuse_io.feed", "Feed.run_scores", 1, ALL, published=True),
    Place("publishing", "evalspec.langfuse_io.confirm", "Confirmation.run", 1, ALL, published=True),
    Place("publishing", "evalspec.journal.journal", "Journal.mark_confirmed", 1, published=True),
    Place("closing", "evalspec.runner.execution", "_Session.conclude", 1, ALL),
    Place("closing", "evalspec.api.running", "run_scores", 1),
    Place("closing", "evalspec.journal.journal", "Journal.set_status", 2),
    Place("closing", "evalspec.api.running", "_summarise", 1),
    Place("closing", "evalspec.journal.journal", "Journal.close", 1, ALL),
    Place("closing", "evalspec.journal.writer", "Writer.close", 1),
)


@dataclass(frozen=True)
class Trap:
    """Death at call number `call` (from 1) of a place."""

    place: Place
    call: int
    moment: Moment

    @property
    def text(self) -> str:
        """The form in which a child process is told."""
        return f"{self.place.module}|{self.place.name}|{self.call}|{self.moment}"

    @property
    def label(self) -> str:
        return f"{self.moment} call {self.call} of {self.place.name}"


def arm(text: str) -> None:
    """Set the trap that `text` describes, in this process."""
    module_name, name, call, moment = text.split("|")
    owner: Any = import_module(module_name)
    *path, last = name.split(".")
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, _trapped(getattr(owner, last), int(call), moment))


def die() -> NoReturn:
    """What a power switch would do to the process."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")


def _trapped(function: Callable[..., Any], call: int, moment: str) -> Callable[..., Any]:
    lock = threading.Lock()
    calls = 0

    def enter() -> bool:
        """Whether to die after the call."""
        nonlocal calls
        with lock:
            calls += 1
            if calls != call:
                return False
        if moment == "before":
            die()
        if moment == "on the way":
            timer = threading.Timer(_ON_THE_WAY, die)
            timer.daemon = True
            timer.start()
        return moment == "after"

    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def asynchronous(*args: Any, **kwargs: Any) -> Any:
            last = enter()
            result = await function(*args, **kwargs)
            if last:
                die()
            return result

        return asynchronous

    @functools.wraps(function)
    def synchronous(*args: Any, **kwargs: Any) -> Any:
        last = enter()
        result = function(*args, **kwargs)
        if last:
            die()
        return result

    return synchronous
