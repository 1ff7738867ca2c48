"""Carries out one plan in a process of its own, which may be told to die at a certain moment.

    python -m tests.runner.driver STORE ITEMS [PHASE N]

Every call of user code is noted in `STORE/calls` before it does anything. In PHASE, the N-th time, the
process kills itself as `kill -9` would. The product has no hooks for this: its methods are wrapped here.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from evalspec.journal import journal as journal_module
from evalspec.journal.journal import Journal
from evalspec.journal.reader import JournalReader
from evalspec.journal.records import RunScoreRecord
from evalspec.journal.storing import Store
from evalspec.journal.writer import Writer
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from evalspec.runner.scoring import ScoreChecker
from tests.runner.parts import FunctionEvaluator, carry_out
from tests.support.plans import make_plan, make_score

PHASES: dict[str, tuple[Any, str, bool]] = {
    "creating": (journal_module, "item_row", True),
    "running": (anyio, "sleep", True),
    "evaluating": (ScoreChecker, "check", True),
    "keeping": (Journal, "put", True),
    "writing": (Store, "add", False),
    "committed": (Writer, "_commit", False),
    "concluding": (Journal, "set_status", True),
    "closing": (Journal, "close", True),
}
"""By name: what is wrapped, and whether the process dies before or after it was called."""


def the_plan(items: int) -> Plan:
    return make_plan(
        items,
        evaluators={"exact": "exact", "picky": "picky", "slow": "slow"},
        scores={
            "exact": make_score("BOOLEAN", on_task_failure="worst"),
            "picky": make_score(),
            "slow": make_score("CATEGORICAL", categories={"odd": 0.0, "even": 1.0}),
        },
        repeats=2,
        limits={"concurrency": 4, "retries": 1},
    )


def main(store: Path, items: int, phase: str | None = None, at: int = 1) -> None:
    if phase is not None:
        _die_in(phase, at)
    calls = os.open(store / "calls", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def note(*words: object) -> None:
        os.write(calls, (" ".join(map(str, words)) + "\n").encode())

    async def task(item: Item, trial: int) -> Any:
        note("task", item.id, trial)
        await anyio.sleep(0.001)
        if item.input["n"] % 7 == 3:
            raise ValueError(f"{item.id} cannot be done")
        return {"n": item.input["n"], "trial": trial}

    async def exact(subject: Any) -> bool:
        note("exact", subject.item.id, subject.trial)
        return bool(subject.output["n"] % 3)

    def picky(subject: Any) -> float | None:
        note("picky", subject.item.id, subject.trial)
        if subject.output["n"] % 5 == 2:
            raise RuntimeError(f"{subject.item.id} is not liked")
        return None if subject.output["n"] % 5 == 3 else subject.output["n"] / 2

    def slow(subject: Any) -> str:
        note("slow", subject.item.id, subject.trial)
        return "odd" if subject.output["n"] % 2 else "even"

    def conclude(reader: JournalReader) -> list[RunScoreRecord]:
        values = [float(value) for _, _, value, _ in reader.score_values("picky")]
        return [RunScoreRecord("sum", None, "NUMERIC", sum(values))]

    evaluators: dict[str, Any] = {
        "exact": exact,
        "picky": picky,
        "slow": FunctionEvaluator(slow, blocking=True),
    }
    outcome = anyio.run(lambda: carry_out(store, the_plan(items), task, evaluators, conclude=conclude))
    assert outcome.completed, outcome


def _die_in(phase: str, at: int) -> None:
    owner, name, before = PHASES[phase]
    _wrap(owner, name, at, before=before)


def _wrap(owner: Any, name: str, at: int, *, before: bool) -> None:
    original: Callable[..., Any] = getattr(owner, name)
    left = [at]

    def wrapped(*args: Any, **keywords: Any) -> Any:
        left[0] -= 1
        if before and left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **keywords)
        if not before and left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, wrapped)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), *(sys.argv[3:4] or (None,)), *map(int, sys.argv[4:5]))
