"""`python -m tests.emulator.check`: is the emulator still like the server that was recorded?

Drives it with SDK 5 and, from a second environment, with SDK 4.16, both doing their usual work, and compares
the traffic with the recording: the same requests, statuses, and shapes, span by span the same attributes; and
the losses that were measured. Replays the recorded sequences as well. Exits with 1 and a list of differences
if there are any.
"""

import argparse
import json
import os
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.emulator.golden import Replay, load, sequences
from tests.emulator.handle import REPOSITORY, EmulatorServer, emulator_in_thread, emulator_process
from tests.emulator.settings import Settings
from tests.emulator.shapes import differences, fewest, shape
from tests.emulator.store import Store

SDK4 = "langfuse==4.16.0"
WORKLOAD = Path(__file__).with_name("check_workload.py")
SINCE = "2026-01-01T00:00:00Z"
# Three items, twice; the run's mean once; one score of a trace.
SCORES = 8
SPANS = 26
TOLD = {"authorized": True, "items_now": 2, "items_then": 3, "results": 3}


@dataclass(frozen=True)
class Case:
    """One SDK against one contract. `recorded` names the golden sequence of that SDK, if there is one for it.

    scores: distinct scores that arrive. score_rows: rows of the database; one more than scores where the
    SDK's second write of an id has another timestamp and the contract makes that another score.
    """

    label: str
    sdk: str
    contract: str
    recorded: str | None
    score_status: str
    scores: int
    score_rows: int


CASES = (
    # Measured: SDK 5 writes no score at all to a 4.16 server, and nothing raises.
    Case("SDK 5 and a 4.16 server", "5", "4.16", "sdk_5", "POST /api/public/scores 400", 0, 0),
    Case("SDK 5 and the new contract", "5", "5", None, "POST /api/public/scores 202", SCORES, SCORES + 1),
    Case(
        "SDK 4.16 and a 4.16 server",
        "4",
        "4.16",
        "sdk_4_16",
        "POST /api/public/ingestion 207",
        SCORES,
        SCORES,
    ),
)


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator.check", description=__doc__)
    parser.add_argument(
        "--sdk4-python", help=f"an interpreter that has {SDK4}; made by pip in --workdir without it"
    )
    parser.add_argument("--workdir", type=Path, default=REPOSITORY / ".build" / "emulator-check")
    given = parser.parse_args(argv)
    pythons = {"5": sys.executable, "4": given.sdk4_python or _environment(given.workdir / "venv-4.16")}
    total = 0
    for name in sequences():
        total += _report(f"replay of {name}", _replayed(name))
    for case in CASES:
        total += _report(case.label, list(checked(case, pythons[case.sdk])))
    print(f"\n{total} differences" if total else "\nThe emulator agrees with the recording.")
    return 1 if total else 0


def _environment(folder: Path) -> str:
    """The interpreter of a virtual environment that has SDK 4.16; made if it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        print(f"Installing {SDK4} into {folder}", flush=True)
        venv.create(folder, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--no-input", SDK4], check=True)
    return str(python)


def _report(label: str, found: Sequence[str]) -> int:
    print(f"{'differs' if found else 'agrees '}  {label}", flush=True)
    for difference in found:
        print(f"    {difference}")
    return len(found)


def _replayed(name: str) -> list[str]:
    with emulator_in_thread(Settings(contract="4.16")) as server, server.client() as client:
        return Replay(client).run(load(name))


def checked(case: Case, python: str) -> Iterator[str]:
    with emulator_process("--contract", case.contract, "--record") as server:
        worked = subprocess.run(
            [python, str(WORKLOAD)],
            env={**_without_langfuse(os.environ), **server.env()},
            capture_output=True,
            text=True,
            timeout=120,
        )
        if worked.returncode != 0:
            yield f"the SDK failed: {worked.stderr[-2000:]}"
            return
        told = json.loads(worked.stdout)
        traffic = server.admin.traffic()
        yield from _facts(case, told, server)
        if case.recorded is not None:
            yield from compared(load(case.recorded), traffic)


def _without_langfuse(environment: Mapping[str, str]) -> dict[str, str]:
    """Settings of the caller's own must not change what the SDK does."""
    return {name: value for name, value in environment.items() if not name.startswith("LANGFUSE_")}


def _facts(case: Case, told: Mapping[str, Any], server: EmulatorServer) -> Iterator[str]:
    """What was measured of this SDK at this server, value by value."""
    counted = server.admin.counters()
    writes = [key for key in counted["requests"] if key.startswith(case.score_status.rsplit(" ", 1)[0])]
    with server.client() as client:
        query = {"fromStartTime": SINCE, "id": told["experiment"], "fields": "core,scores"}
        experiments = client.get("/api/public/experiments", params=query).json()["data"]
        quality = client.get("/api/public/v3/scores", params={"id": "quality-1"}).json()["data"]
    measured = {
        "what the SDK told": ({key: told[key] for key in TOLD}, TOLD),
        "statuses of writing scores": (writes, [case.score_status]),
        "distinct scores": (counted["scores"]["distinct"], case.scores),
        "rows of scores": (counted["scores"]["rows"], case.score_rows),
        "dropped scores": (counted["scores"]["dropped"], {}),
        "distinct spans": (counted["spans"]["distinct"], SPANS),
        "items after two runs of one name": ([entry["itemCount"] for entry in experiments], [6]),
        "scores of the experiment": ([len(entry["scores"]) for entry in experiments], [min(case.scores, 1)]),
        "newest value of a score written twice": (
            [row["value"] for row in quality[:1]],
            [0.9] if case.scores else [],
        ),
    }
    for what, (found, expected) in measured.items():
        if found != expected:
            yield f"{what}: {found}, measured {expected}"


Exchange = tuple[str, str, int]


def compared(recorded: Sequence[Mapping[str, Any]], traffic: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Differences between what the SDK and the server said in the recording and what was said now."""
    then = _by_exchange({**step, **path_and_query(step["path"])} for step in recorded if by_sdk(step))
    now = _by_exchange(entry for entry in traffic if entry["client"])
    for exchange in sorted(then.keys() - now.keys()):
        yield f"{_shown(exchange)}: recorded, did not happen"
    for exchange in sorted(now.keys() - then.keys()):
        yield f"{_shown(exchange)}: happened, not recorded"
    for exchange in sorted(then.keys() & now.keys()):
        label = _shown(exchange)
        complaints: set[str] = set()
        for entry in now[exchange]:
            for part, name in (("body", "request"), ("response", "response"), ("query", "query")):
                shapes = [shape(step.get(part)) for step in then[exchange]]
                found = shape(entry[name])
                complaints |= set(fewest([differences(known, found, name) for known in shapes]))
        complaints |= set(_span_differences(then[exchange], now[exchange]))
        yield from (f"{label}: {complaint}" for complaint in sorted(complaints))


def by_sdk(step: Mapping[str, Any]) -> bool:
    return "x-langfuse-sdk-version" in step.get("headers", {})


def path_and_query(text: str) -> dict[str, Any]:
    path, _, query = text.partition("?")
    return {"path": path, "query": dict(pair.partition("=")[::2] for pair in query.split("&") if pair)}


def _by_exchange(entries: Iterator[Any]) -> dict[Exchange, list[Any]]:
    """Requests by method, route and status."""
    store = Store(Settings())
    grouped: dict[Exchange, list[Any]] = {}
    for entry in entries:
        found = store.router.find(entry["method"], entry["path"])
        path = found[0].template if found else entry["path"]
        grouped.setdefault((entry["method"], path, entry["status"]), []).append(entry)
    store.database.close()
    return grouped


def _span_differences(then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Attributes that the SDK puts on the spans of one name, then and now."""
    recorded = _attributes(
        span for step in then for group in step.get("spans", ()) for span in group["spans"]
    )
    found = _attributes(span for entry in now for span in entry["spans"] or ())
    for name in sorted(recorded.keys() | found.keys()):
        for attributes in sorted(recorded.get(name, set()) ^ found.get(name, set()), key=sorted):
            which = "recorded only" if attributes in recorded.get(name, set()) else "not recorded"
            yield f"span {name!r} with attributes {sorted(attributes)}: {which}"


def _attributes(spans: Iterator[Mapping[str, Any]]) -> dict[str, set[frozenset[str]]]:
    result: dict[str, set[frozenset[str]]] = {}
    for span in spans:
        result.setdefault(span["name"], set()).add(frozenset(span["attributes"]))
    return result


def _shown(exchange: Exchange) -> str:
    return " ".join(map(str, exchange))


if __name__ == "__main__":
    sys.exit(main())
