"""`python -m tests.faults`: kills and outages, and what is lost; prints the tables of docs/reliability.md.

The exit code is 1 where evalspec lost something, had something twice, or was not killed often enough.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.machine import environment
from tests.faults import outages, schedule
from tests.faults.kills import PHASES

SECONDS = 20.0
ITEMS, MANY = 2_000, 10_000
EVALUATION, DELAY = 200, 0.03
LEAST_KILLS, LEAST_IN_PHASE = 50, 5
PACKAGES = ("evalspec", "langfuse", "httpx", "uvicorn")


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("campaign", nargs="?", choices=("all", "kills", "outages"), default="all")
    parser.add_argument("--quick", action="store_true", help="few items, short outages")
    parser.add_argument("--seed", type=int, default=1, help="other kills at other moments")
    parser.add_argument("--jobs", type=int, default=2, help="runs that are killed side by side")
    parser.add_argument(
        "--keep", type=Path, help="an empty folder for everything that is made, kept afterwards"
    )
    return parser.parse_args(argv)


def kills(folder: Path, given: argparse.Namespace) -> tuple[bool, list[str]]:
    """The campaign of kills: whether all is well, and its table."""
    items = 40 if given.quick else EVALUATION
    results = schedule.run_campaign(
        folder, items=items, delay=DELAY, seed=given.seed, jobs=given.jobs, least=LEAST_IN_PHASE
    )
    count = results.kills()
    enough = count.total() >= LEAST_KILLS and all(count[phase] >= LEAST_IN_PHASE for phase in PHASES)
    lines = [
        f"## Kills (SIGKILL), {items} items in 2 trials each",
        "",
        *results.table(),
        *(["", *results.remarks()] if results.remarks() else []),
    ]
    return results.fine and enough, lines


def servers(folder: Path, given: argparse.Namespace) -> tuple[bool, list[str]]:
    """The campaign of outages: whether all is well, and its table."""
    size = (3.0, 200, 1_000) if given.quick else (SECONDS, ITEMS, MANY)
    results = outages.run_outages(folder, outages.faults(*size))
    ours = [result for result in results if result.runner == outages.EVALSPEC]
    return all(result.fine for result in ours), ["## A server that fails", "", *outages.table(results)]


def main(argv: Sequence[str] | None = None) -> int:
    given = arguments(argv)
    lines = ["## Environment", "", *environment(sys.executable, PACKAGES)]
    fine = True
    with tempfile.TemporaryDirectory(prefix="faults-") as place:
        folder = given.keep or Path(place)
        for name, campaign in (("kills", kills), ("outages", servers)):
            if given.campaign in ("all", name):
                well, table = campaign(folder / name, given)
                fine &= well
                lines += ["", *table]
    print("\n" + "\n".join(lines))
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
