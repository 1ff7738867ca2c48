"""Starting an emulator from Python, and talking to its admin endpoints.

`emulator_in_thread` shares the caller's process, `emulator_process` is one of its own: use that where the
client is killed, measured or blocks.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.emulator.app import Application
from tests.emulator.faults import FaultRule
from tests.emulator.server import Server, served_in_thread
from tests.emulator.settings import Settings
from tests.emulator.store import Store

REPOSITORY = Path(__file__).resolve().parents[2]


def plain_client(base_url: str, *, auth: tuple[str, str] | None = None, timeout: float = 30) -> httpx.Client:
    """A client for loopback. Without certificates, whose loading takes longer than most tests."""
    return httpx.Client(base_url=base_url, auth=auth, timeout=timeout, trust_env=False, verify=False)


class Admin:
    """The endpoints under `/__emulator__/`. They need no keys, meet no fault, and answer during a refusal
    too.
    """

    def __init__(self, admin_url: str) -> None:
        self._client = plain_client(f"{admin_url}/__emulator__", timeout=120)

    def close(self) -> None:
        self._client.close()

    def _get(self, command: str) -> Any:
        return self._client.get(f"/{command}").raise_for_status().json()

    def _post(self, command: str, content: object = None) -> Any:
        return self._client.post(f"/{command}", json=content).raise_for_status().json()

    def counters(self) -> dict[str, Any]:
        """`spans` and `scores` (deliveries, distinct, rows, duplicates), experiments, experiment_items,
        requests.
        """
        found: dict[str, Any] = self._get("counters")
        return found

    def dump(self) -> dict[str, list[dict[str, Any]]]:
        """`spans`, `scores`, `experiments`, whatever readers see yet; a row's `content` is JSON text."""
        found: dict[str, list[dict[str, Any]]] = self._get("dump")
        return found

    def traffic(self) -> list[dict[str, Any]]:
        """Requests and responses, when the emulator was started with `record`."""
        found: list[dict[str, Any]] = self._get("traffic")
        return found

    def reset(self) -> None:
        """Forget everything stored, counted and set."""
        self._post("reset")

    def advance(self, seconds: float) -> None:
        """Make delays elapse: reading, merging and deleting."""
        self._post("advance", {"seconds": seconds})

    def merge(self) -> None:
        """Merge the rows of repeated deliveries."""
        self._post("merge")

    def set_faults(self, *rules: FaultRule) -> None:
        """Replace the fault rules; none ends all faults."""
        self._post("faults", [asdict(rule) for rule in rules])

    def faults(self) -> list[dict[str, Any]]:
        """The rules in force, with `hits` and the `remaining` seconds."""
        found: list[dict[str, Any]] = self._get("faults")["faults"]
        return found


@dataclass(frozen=True)
class EmulatorServer:
    """A running emulator."""

    base_url: str
    admin_url: str
    public_key: str
    secret_key: str
    admin: Admin

    def env(self) -> dict[str, str]:
        """The variables that point a Langfuse client here."""
        return {
            "LANGFUSE_BASE_URL": self.base_url,
            "LANGFUSE_PUBLIC_KEY": self.public_key,
            "LANGFUSE_SECRET_KEY": self.secret_key,
        }

    def client(self) -> httpx.Client:
        """A plain client with the right keys; paths are relative to the server."""
        return plain_client(self.base_url, auth=(self.public_key, self.secret_key))


@contextmanager
def emulator_in_thread(settings: Settings | None = None) -> Iterator[EmulatorServer]:
    """An emulator in a thread of this process. Its delays are zero unless `settings` says otherwise."""
    settings = settings or Settings()
    store = Store(settings)
    try:
        with served_in_thread(Server(Application(store), settings.host, settings.port)) as server:
            admin = Admin(server.admin_url)
            try:
                yield EmulatorServer(
                    server.base_url, server.admin_url, settings.public_key, settings.secret_key, admin
                )
            finally:
                admin.close()
    finally:
        store.database.close()


@contextmanager
def emulator_process(
    *arguments: str,
    faults: Sequence[FaultRule] = (),
    python: str = sys.executable,
    environment: Mapping[str, str] | None = None,
) -> Iterator[EmulatorServer]:
    """An emulator in a process of its own. `arguments` are those of `python -m tests.emulator`; its delays
    are zero unless they say otherwise.
    """
    command = [python, "-m", "tests.emulator", "--read-delay", "0", *arguments]
    if faults:
        command += ["--faults", json.dumps([asdict(rule) for rule in faults])]
    process = subprocess.Popen(
        command, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True, env=dict(environment or os.environ)
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the emulator did not start: exit code {process.wait(10)}")
        ready = json.loads(line)
        del ready["contract"]
        admin = Admin(ready["admin_url"])
        try:
            yield EmulatorServer(**ready, admin=admin)
        finally:
            admin.close()
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()
