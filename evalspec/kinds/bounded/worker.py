"""Inside a worker process: reads requests, does them one after the other, and answers."""

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from typing import Any, BinaryIO, Final, TypeVar

from evalspec.kinds.bounded import wire
from evalspec.kinds.bounded.functions import find_function
from evalspec.kinds.bounded.memory import AddressSpace, forbid_core_dumps
from evalspec.kinds.bounded.outcomes import Refused, TooLarge
from evalspec.kinds.wording import message_of

_GRACE: Final = 5
"""Seconds after which a worker ends itself if its parent, which should have killed it, did not."""
_PR_SET_PDEATHSIG: Final = 1

T = TypeVar("T")


def main(parent: int) -> None:
    """Work until the parent closes the pipe or ends."""
    _die_with(parent)
    forbid_core_dumps()
    requests, answers = _take_pipes()
    _Worker(answers).serve(requests)


def _die_with(parent: int) -> None:
    """Have the kernel kill this process with the thread that started it, which the end of a pipe cannot do
    while the function is busy. Where that is not Linux, the timer of each call sees to it.
    """
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it ended before
            os._exit(1)


def _take_pipes() -> tuple[BinaryIO, int]:
    """Move the pipes away from where a function could read or print."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)
    return open(requests, "rb"), answers


@dataclass(frozen=True, slots=True)
class _Failure:
    answer: dict[str, Any]
    out_of_memory: bool = False


class _Worker:
    def __init__(self, answers: int) -> None:
        self._answers = answers
        self._space = AddressSpace()
        self._imported: set[tuple[str, ...]] = set()
        self._size = 0

    def serve(self, requests: BinaryIO) -> None:
        """One request after the other, until there are no more or this process has grown too much."""
        going_on = True
        try:
            while going_on:
                lengths = wire.REQUEST.unpack(wire.read_exactly(requests, wire.REQUEST.size))
                order, arguments = (wire.read_exactly(requests, length) for length in lengths)
                going_on = self._do(json.loads(order), arguments)
        except (EOFError, BrokenPipeError):
            return

    def _do(self, order: wire.Order, encoded: bytes) -> bool:
        """Whether the worker can do more after it."""
        prepared = _attempt(partial(self._prepare, order, encoded))
        wire.write_all(self._answers, wire.BEGUN)
        if isinstance(prepared, _Failure):
            outcome: tuple[bytes, bytes] | _Failure = prepared
        else:
            with _alarm(order["seconds"] + _GRACE), self._space.at_most(order["memory"]):
                outcome = _attempt(partial(_encoded_value, *prepared))
        # Memory that was not given back must not reach the next call.
        worn = self._growth() > order["memory"] // 2
        if isinstance(outcome, _Failure):
            worn |= outcome.out_of_memory
            outcome = wire.dump_answer(outcome.answer)
        marker, body = outcome
        how = wire.LAST if worn else wire.ANSWERED
        wire.write_all(self._answers, wire.ANSWER.pack(how, len(body), marker), body)
        return not worn

    def _prepare(self, order: wire.Order, encoded: bytes) -> tuple[Callable[..., Any], list[Any]]:
        """Everything that is not yet the function's own time."""
        for module in order["preload"]:
            import_module(module)
        function = find_function(order["function"])
        if (imports := (order["function"], *order["preload"])) not in self._imported:
            self._imported.add(imports)
            self._size = self._space.size()
        return function, wire.load_arguments(encoded)

    def _growth(self) -> int:
        return self._space.size() - self._size


def _encoded_value(function: Callable[..., Any], arguments: list[Any]) -> tuple[bytes, bytes]:
    return wire.dump_answer({"value": function(*arguments)})


def _attempt(work: Callable[[], T]) -> T | _Failure:
    try:
        return work()
    except TooLarge as error:
        return _Failure({"too_large": message_of(error)})
    except RecursionError:
        return _Failure({"too_large": "the input is nested too deeply"})
    except MemoryError:
        return _Failure({"too_large": "the work needs more memory than it may have"}, out_of_memory=True)
    except Refused as error:
        return _Failure({"failed": ["Refused", error.message, error.kind]})
    except BaseException as error:  # noqa: BLE001 - whatever it is, it fails this call and not the worker
        return _Failure({"failed": [type(error).__name__, message_of(error), None]})


@contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    """End this process by SIGALRM, even out of C code, where it outlives its parent by so much."""
    if sys.platform == "win32":
        yield
    else:
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
