"""Measured processes: each a fresh one, in a folder of its own, with a sink of its own where it publishes."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.emulator.handle import EmulatorServer, emulator_process

REPOSITORY = Path(__file__).resolve().parent.parent
CHILDREN = REPOSITORY / "bench" / "children"

SPANS = {"evalspec": 5, "Langfuse SDK": 6}
"""Spans of one item."""
SCORES = 3


@dataclass(frozen=True)
class Runner:
    """A row of the tables. `contract` is what its sink speaks, None where nothing is published."""

    name: str
    child: str
    contract: str | None = None
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def published(self) -> bool:
        return self.contract is not None


EVALSPEC_PUBLISHED = Runner("evalspec", "evalspec_run", "4.16")
EVALSPEC_PUBLISHED_5 = Runner("evalspec", "evalspec_run", "5")
EVALSPEC = Runner("evalspec", "evalspec_run")
SDK_PUBLISHED = Runner("Langfuse SDK", "langfuse_run", "5")
SDK = Runner("Langfuse SDK", "langfuse_run", None, (("LANGFUSE_TRACING_ENABLED", "false"),))
PYDANTIC_EVALS = Runner("pydantic-evals", "pydantic_evals_run")
FLOOR = Runner("the floor: anyio + SQLite", "floor_run")


@dataclass(frozen=True)
class Measurement:
    """What one runner did with one evaluation, over several fresh processes."""

    runner: Runner
    items: int
    concurrency: int
    sleep: float
    samples: tuple[Mapping[str, Any], ...]

    def values(self, key: str) -> list[float]:
        return [float(sample[key]) for sample in self.samples if key in sample]

    def middle(self, key: str) -> float:
        return median(self.values(key))

    @property
    def rates(self) -> list[float]:
        """Items a second."""
        return [self.items / seconds for seconds in self.values("seconds")]

    @property
    def cpu_of_an_item(self) -> float:
        """Microseconds of processor time, the median."""
        return self.middle("cpu") / self.items * 1e6

    @property
    def over_ideal(self) -> float:
        """Time over what the sleeps alone would take."""
        return self.middle("seconds") / (self.items * self.sleep / self.concurrency)


@dataclass(frozen=True)
class Bench:
    """`python` runs what is measured; the sink runs in this process's Python, on its own processor time."""

    python: str

    def measure(
        self, runner: Runner, items: int, *, runs: int, concurrency: int = 16, sleep: float = 0.0
    ) -> Measurement:
        samples = tuple(self._once(runner, items, concurrency, sleep) for _ in range(runs))
        found = Measurement(runner, items, concurrency, sleep, samples)
        place = f"contract {runner.contract}" if runner.published else "not published"
        print(
            f"{runner.name}, {place}, {items:,} items, C = {concurrency}: {_all(found.rates)} items/s,"
            f" {found.cpu_of_an_item:.0f} µs an item, {found.middle('memory'):.0f} MB",
            flush=True,
        )
        return found

    def _once(self, runner: Runner, items: int, concurrency: int, sleep: float) -> Mapping[str, Any]:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
            server: EmulatorServer | None = None
            variables: dict[str, str] = dict(runner.environment)
            if runner.contract is not None:
                sink = emulator_process("--sink", "--contract", runner.contract)
                server = stack.enter_context(sink)
                variables |= server.env()
            elif runner.child == "langfuse_run":
                variables |= {"LANGFUSE_PUBLIC_KEY": "pk-lf-none", "LANGFUSE_SECRET_KEY": "none"}
            arguments = _prepare(folder, runner, items, concurrency)
            result = self._child(folder, runner.child, arguments, {**variables, "BENCH_SLEEP": str(sleep)})
            if result["items"] != items:
                raise RuntimeError(f"{runner.name} carried out {result['items']} of {items} items")
            if server is not None:
                _must_have_arrived(server, runner, items)
            return result

    def _child(
        self, folder: Path, child: str, arguments: Sequence[str], variables: Mapping[str, str]
    ) -> Mapping[str, Any]:
        process = subprocess.run(
            [self.python, "-m", f"bench.children.{child}", *arguments],
            cwd=folder,
            env={**_clean_environment(), "PYTHONPATH": str(REPOSITORY), **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        if process.returncode:
            raise RuntimeError(f"{child} ended with {process.returncode}: {process.stderr[-2000:]}")
        found: Mapping[str, Any] = json.loads(process.stdout.splitlines()[-1])
        return found


def _clean_environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("LANGFUSE_", "OTEL_"))}


def _prepare(folder: Path, runner: Runner, items: int, concurrency: int) -> tuple[str, ...]:
    """The files a child works on, and its arguments."""
    path = folder / "items.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for number in range(items):
            text = f"question {number}"
            file.write(f'{{"id": "item-{number:06}", "input": "{text}", "expected_output": "{text}"}}\n')
    if runner.child != "evalspec_run":
        return str(path), str(concurrency)
    (folder / ".evalspec-root").touch()
    shutil.copy(CHILDREN / "functions.py", folder)
    spec = (CHILDREN / "bench.evalspec.toml").read_text("utf-8")
    (folder / "bench.evalspec.toml").write_text(spec.replace("CONCURRENCY", str(concurrency)), "utf-8")
    return str(folder / "bench.evalspec.toml"), "langfuse" if runner.published else "local"


def _must_have_arrived(server: EmulatorServer, runner: Runner, items: int) -> None:
    """A runner that loses what it publishes is not fast."""
    counters = server.admin.counters()
    expected = (items * SPANS[runner.name], items * SCORES + 1)
    found = (counters["spans"]["distinct"], counters["scores"]["distinct"])
    if found != expected:
        print(f"  {runner.name}: {found} spans and scores arrived, {expected} were expected", flush=True)


def _all(values: Sequence[float]) -> str:
    return ", ".join(f"{value:,.0f}" for value in values)
