"""`python -m tests.emulator`: one emulator until it is told to stop.

Prints one JSON line when it is ready: base_url, admin_url, public_key, secret_key, contract.
"""

import argparse
import asyncio
import contextlib
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.emulator.app import Application
from tests.emulator.faults import FaultRule, parse_rules
from tests.emulator.server import Server, serve
from tests.emulator.settings import Settings
from tests.emulator.store import Store


def arguments(argv: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    parser.add_argument(
        "--contract", choices=("4.16", "5"), default="4.16", help="which server generation to speak as"
    )
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--db", default="", help="SQLite file that keeps everything; in memory without it")
    parser.add_argument(
        "--sink", action="store_true", help="take spans and score lists unseen, look when asked"
    )
    parser.add_argument(
        "--record", action="store_true", help="keep requests and responses for /__emulator__/traffic"
    )
    parser.add_argument("--span-delay", type=float, default=1.0, help="seconds until spans are readable")
    parser.add_argument("--score-delay", type=float, default=6.0, help="seconds until scores are readable")
    parser.add_argument("--read-delay", type=float, help="both of the delays above")
    parser.add_argument(
        "--merge-delay", type=float, default=5.0, help="seconds until repeated spans are merged"
    )
    parser.add_argument(
        "--delete-delay", type=float, default=90.0, help="seconds until a deleted score is gone"
    )
    parser.add_argument("--public-key", default="pk-lf-test")
    parser.add_argument("--secret-key", default="sk-lf-test")
    parser.add_argument("--faults", default="", help="fault rules as JSON, or @FILE")
    return parser.parse_args(argv)


def fault_rules(text: str) -> list[FaultRule]:
    if text.startswith("@"):
        text = Path(text[1:]).read_text("utf-8")
    return parse_rules(json.loads(text)) if text else []


async def run(settings: Settings, rules: list[FaultRule]) -> None:
    store = Store(settings)
    application = Application(store)
    server = Server(application, settings.host, settings.port)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(name, stopping.set)
    await server.start()
    application.faults.set(rules)
    ready = {
        "base_url": server.base_url,
        "admin_url": server.admin_url,
        "public_key": settings.public_key,
        "secret_key": settings.secret_key,
        "contract": settings.contract,
    }
    print(json.dumps(ready), flush=True)
    try:
        await serve(server, stopping)
    finally:
        store.database.close()


def main(argv: Sequence[str] | None = None) -> int:
    given = arguments(argv)
    try:
        rules = fault_rules(given.faults)
    except (OSError, ValueError) as error:
        print(f"--faults: {error}", file=sys.stderr)
        return 2
    span_delay = given.span_delay if given.read_delay is None else given.read_delay
    score_delay = given.score_delay if given.read_delay is None else given.read_delay
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder:
        # A sink is made for many spans: they go to disk, so that the machine's memory is the client's.
        database = given.db or (str(Path(folder) / "sink.sqlite") if given.sink else ":memory:")
        settings = Settings(
            contract=given.contract,
            span_delay=span_delay,
            score_delay=score_delay,
            merge_delay=given.merge_delay,
            delete_delay=given.delete_delay,
            sink=given.sink,
            record=given.record,
            database=database,
            public_key=given.public_key,
            secret_key=given.secret_key,
            host=given.host,
            port=given.port,
        )
        asyncio.run(run(settings, rules))
    return 0


if __name__ == "__main__":
    sys.exit(main())
