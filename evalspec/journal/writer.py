"""The one thread that writes: a bounded queue before it, one commit for whatever has gathered."""

import asyncio
import sqlite3
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

from evalspec.diagnostics.errors import JournalError
from evalspec.journal.encoding import Group, Names
from evalspec.journal.storing import Store

T = TypeVar("T")

MAX_RECORDS = 16384
"""Records that may wait for the disk, and"""
MAX_BYTES = 16 * 2**20
"""bytes of them; one record that is larger still waits alone."""

GATHER_SECONDS = 0.005
"""How long the first record of a commit waits for company, unless somebody waits for the commit."""

Operation = Callable[[sqlite3.Connection], T]


class _Call:
    """An operation with the future of its result."""

    __slots__ = ("future", "operation")

    def __init__(self, operation: Operation[Any]) -> None:
        self.operation = operation
        self.future: Future[Any] = Future()


class Writer:
    """Owns the writing connection. Records come from the event loop, operations from any thread; order is
    kept.
    """

    def __init__(self, connection: sqlite3.Connection, names: Names, run: str) -> None:
        self._connection = connection
        self._store = Store(connection, names)
        self._run = run
        self._lock = threading.Lock()
        self._work = threading.Condition(self._lock)
        self._hurry = threading.Event()
        self._queue: deque[Group | _Call] = deque()
        self._idle = False
        self._closing = False
        self._records = 0
        self._bytes = 0
        self._waiting: list[tuple[asyncio.AbstractEventLoop, asyncio.Future[None]]] = []
        self._broken: JournalError | None = None
        self._thread = threading.Thread(target=self._run_thread, name=f"journal {run}", daemon=True)
        self._thread.start()

    def offer(self, group: Group, count: int) -> bool:
        """Queue records; False if the queue is too full to take them now."""
        with self._lock:
            if self._records and (
                self._records + count > MAX_RECORDS or self._bytes + group.size > MAX_BYTES
            ):
                return False
            self._check_open()
            self._records += count
            self._bytes += group.size
            self._queue.append(group)
            if self._idle:
                self._idle = False
                self._work.notify()
        return True

    async def put(self, group: Group, count: int) -> None:
        """Queue records as soon as there is room."""
        while not self.offer(group, count):
            await self._wait_for_room()

    def submit(self, operation: Operation[T]) -> "Future[T]":
        """Run `operation` in the writer's thread, after everything queued before it; its result once
        committed.
        """
        call = _Call(operation)
        with self._lock:
            self._check_open()
            self._queue.append(call)
            self._idle = False
            self._work.notify()
        self._hurry.set()
        return call.future

    def close(self) -> None:
        """Commit what is queued and end the thread; harmless when repeated."""
        with self._lock:
            self._closing = True
            self._work.notify()
        self._hurry.set()
        self._thread.join()

    def _check_open(self) -> None:
        if self._broken is not None:
            raise self._broken
        if self._closing:
            raise JournalError(f"The run record of {self._run} is closed.")

    async def _wait_for_room(self) -> None:
        loop = asyncio.get_running_loop()
        room: asyncio.Future[None] = loop.create_future()
        with self._lock:
            self._check_open()
            if not self._records:
                return
            self._waiting.append((loop, room))
        self._hurry.set()
        await room

    def _run_thread(self) -> None:
        while entries := self._next_entries():
            try:
                self._commit(entries)
            except BaseException as error:  # noqa: BLE001 - whoever waits for the writer must hear why it ended
                self._fail(entries, error)
            self._release(entries)

    def _next_entries(self) -> list[Group | _Call]:
        """Wait for work, gather a little more, and take it; empty at the end."""
        with self._lock:
            while not self._queue and not self._closing:
                self._idle = True
                self._work.wait()
            self._idle = False
        self._hurry.wait(GATHER_SECONDS)
        with self._lock:
            self._hurry.clear()
            entries = list(self._queue)
            self._queue.clear()
        return entries

    def _commit(self, entries: list[Group | _Call]) -> None:
        if self._broken is not None:
            raise self._broken
        execute = self._connection.execute
        done: list[tuple[_Call, Any]] = []
        execute("BEGIN IMMEDIATE")
        try:
            batch: list[Group] = []
            for entry in entries:
                if isinstance(entry, Group):
                    batch.append(entry)
                    for row in entry.run_scores:
                        self._store.add_run_score(row)
                    continue
                if batch:
                    self._store.add(batch)
                    batch = []
                done.append((entry, self._call(entry)))
            if batch:
                self._store.add(batch)
        except BaseException:
            if self._connection.in_transaction:
                execute("ROLLBACK")
            raise
        execute("COMMIT")
        for call, outcome in done:
            if isinstance(outcome, _Raised):
                call.future.set_exception(outcome.error)
            else:
                call.future.set_result(outcome)

    def _call(self, call: _Call) -> Any:
        """The operation's result, or what it raised: it must not take the records beside it along."""
        self._connection.execute("SAVEPOINT operation")
        try:
            result = call.operation(self._connection)
        except Exception as error:  # noqa: BLE001 - handed to whoever waits for the operation
            self._connection.execute("ROLLBACK TO operation")
            result = _Raised(error)
        self._connection.execute("RELEASE operation")
        return result

    def _fail(self, entries: list[Group | _Call], error: BaseException) -> None:
        """Nothing can be kept any more: say so to everybody who asks from now on."""
        with self._lock:
            if self._broken is None:
                self._broken = JournalError(f"The run record of {self._run} cannot be written: {error}.")
                self._broken.__cause__ = error
        for entry in entries:
            if isinstance(entry, _Call) and not entry.future.done():
                entry.future.set_exception(self._broken)

    def _release(self, entries: list[Group | _Call]) -> None:
        with self._lock:
            for entry in entries:
                if isinstance(entry, Group):
                    self._records -= entry.count
                    self._bytes -= entry.size
            waiting, self._waiting = self._waiting, []
        for loop, room in waiting:
            try:
                loop.call_soon_threadsafe(_wake, room)
            except RuntimeError:  # the loop has ended, and with it whoever waited
                continue


class _Raised:
    """What an operation raised instead of returning."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


def _wake(room: "asyncio.Future[None]") -> None:
    if not room.done():
        room.set_result(None)
