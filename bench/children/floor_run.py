"""The floor: anyio workers and a SQLite file with a row for the output and one for each score, nothing else.

No plan, no digests, no checks, no failures, no spans. What a durable runner cannot be faster than in Python.
"""

import queue
import sqlite3
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

import anyio

from bench.children import functions
from bench.children.measuring import Moment, read_items, tell, warm_up

ROOM = 16384
Row = tuple[int, str, str]


def write(path: Path, rows: "queue.Queue[Row | None]") -> None:
    """Commit what has gathered, until None comes."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE result (item INTEGER, name TEXT, value TEXT)")
    last = False
    while not last:
        batch: list[Row] = []
        row = rows.get()
        while row is not None:
            batch.append(row)
            if rows.empty() or len(batch) == ROOM:
                break
            row = rows.get()
        last = row is None
        connection.execute("BEGIN")
        connection.executemany("INSERT INTO result VALUES (?, ?, ?)", batch)
        connection.execute("COMMIT")
    connection.close()


async def carry_out(items: list[dict[str, Any]], concurrency: int, rows: "queue.Queue[Row | None]") -> None:
    numbered = iter(enumerate(items))

    async def work() -> None:
        for number, item in numbered:
            output = await functions.echo(item)
            rows.put((number, "output", output))
            rows.put((number, "same", str(await functions.same(output, item["expected_output"]))))
            rows.put((number, "length", str(await functions.length(output))))
            rows.put((number, "digits", str(await functions.digits(output))))

    async with anyio.create_task_group() as group:
        for _ in range(concurrency):
            group.start_soon(work)


def main(path: str, concurrency: str) -> None:
    items = read_items(path)
    with tempfile.TemporaryDirectory(prefix="floor-", dir=Path(path).parent) as folder:
        warm_up()
        began = Moment.now()
        rows: queue.Queue[Row | None] = queue.Queue(ROOM)
        writer = threading.Thread(target=write, args=(Path(folder) / "floor.db", rows))
        writer.start()
        anyio.run(carry_out, items, int(concurrency), rows)
        rows.put(None)
        writer.join()
        tell(began, Moment.now(), len(items))


if __name__ == "__main__":
    main(*sys.argv[1:])
