"""What is sent arrives, whatever the server takes, refuses, or is too busy for."""

import asyncio
import gzip
import time
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import httpx
import orjson
import pytest

from evalspec.journal import ids
from evalspec.journal.rows import Refusal
from evalspec.langfuse_io import delivery as delivery_module
from evalspec.langfuse_io.contract import Contract
from evalspec.langfuse_io.delivery import Delivery, OutOfTime, Stopped, batches, gzipped
from evalspec.langfuse_io.encode import EncodedTrial, SpanEncoder
from evalspec.langfuse_io.experiment import experiment_of
from evalspec.langfuse_io.lines import Lines
from evalspec.langfuse_io.scores import ScoreEncoder, ScoreRow
from evalspec.langfuse_io.settings import LangfuseSettings
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import completed, recorded_run, settings_for
from tests.support.plans import make_items

T = TypeVar("T")


def deliver(
    server: EmulatorServer | LangfuseSettings,
    contract: Contract,
    work: Callable[[Delivery], Coroutine[None, None, T]],
    time_left: Callable[[], float | None] = lambda: None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> tuple[T, Delivery]:
    settings = server if isinstance(server, LangfuseSettings) else settings_for(server)

    async def main() -> tuple[T, Delivery]:
        lines = Lines(settings, 4, transport)
        delivery = Delivery(lines, settings, contract, "feed", time_left)
        try:
            return await work(delivery), delivery
        finally:
            await lines.close()

    return asyncio.run(main())


def row(number: int, value: float | str = 0.5, size: int = 0) -> ScoreRow:
    score_id = f"score-{number}"
    body = {
        "id": score_id,
        "traceId": f"{number:032x}",
        "name": "close",
        "value": value,
        "dataType": "NUMERIC",
    }
    return ScoreRow(
        score_id,
        "close",
        value,
        f"item-{number}",
        0,
        number,
        "2026-11-23T10:00:00.000Z",
        orjson.dumps(body | {"comment": "c" * size}),
    )


def stored(server: EmulatorServer) -> set[str]:
    return {write["id"] for write in server.admin.dump()["scores"]}


@pytest.mark.parametrize("expected", [Contract.EVENTS, Contract.LISTS])
def test_a_wrong_idea_of_the_contract_is_corrected(
    either_emulator: EmulatorServer, expected: Contract
) -> None:
    rows = [row(number) for number in range(5)]
    refusals, delivery = deliver(either_emulator, expected, lambda sender: sender.scores(rows))

    assert refusals == []
    assert stored(either_emulator) == {score.id for score in rows}
    spoken = (
        Contract.EVENTS if "POST /api/public/ingestion 207" in requests(either_emulator) else Contract.LISTS
    )
    assert delivery.contract is spoken


def requests(server: EmulatorServer) -> dict[str, int]:
    found: dict[str, int] = server.admin.counters()["requests"]
    return found


@pytest.mark.parametrize("poison", [[3], [0, 9], list(range(10))])
def test_rows_the_server_will_not_have_are_found_and_the_others_arrive(
    either_emulator: EmulatorServer, poison: list[int]
) -> None:
    rows = [row(number, "no number" if number in poison else 0.5) for number in range(10)]
    refusals, _ = deliver(either_emulator, Contract.EVENTS, lambda sender: sender.scores(rows))

    assert [refusal.id for refusal in refusals] == [f"score-{number}" for number in poison]
    assert all("expected number" in refusal.reason for refusal in refusals)
    assert refusals[0].kind == "score"
    assert stored(either_emulator) == {f"score-{number}" for number in range(10) if number not in poison}


def test_a_body_that_is_too_large_is_divided(
    either_emulator: EmulatorServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery_module, "SCORE_BYTES", 10**9)
    rows = [row(number, size=5_000_000 if number == 2 else 900_000) for number in range(5)]
    refusals, _ = deliver(either_emulator, Contract.EVENTS, lambda sender: sender.scores(rows))

    assert [refusal.id for refusal in refusals] == ["score-2"]
    assert "mb limit" in refusals[0].reason
    assert stored(either_emulator) == {"score-0", "score-1", "score-3", "score-4"}


def test_batches_stay_below_both_limits() -> None:
    many = list(batches(row(number) for number in range(450)))
    large = list(batches(row(number, size=300_000) for number in range(7)))

    assert [len(batch) for batch in many] == [200, 200, 50]
    assert [len(batch) for batch in large] == [2, 2, 2, 1]


def test_events_that_failed_for_now_are_sent_again() -> None:
    """A 207 may say of single events that the server was busy."""
    seen: list[list[str]] = []

    async def answer(request: httpx.Request) -> httpx.Response:
        events = [event["id"] for event in orjson.loads(await request.aread())["batch"]]
        seen.append(events)
        busy = events[1:2] if len(seen) == 1 else []
        body = {
            "successes": [{"id": event, "status": 201} for event in events if event not in busy],
            "errors": [{"id": event, "status": 503, "message": "later"} for event in busy],
        }
        return httpx.Response(207, json=body)

    settings = LangfuseSettings("http://langfuse.test", "pk", "sk")
    refusals, _ = deliver(
        settings,
        Contract.EVENTS,
        lambda sender: sender.scores([row(0), row(1), row(2)]),
        transport=httpx.MockTransport(answer),
    )

    assert refusals == []
    assert seen == [["feed-score-0", "feed-score-1", "feed-score-2"], ["feed-score-1"]]


def encoded(folder: Path, count: int) -> list[EncodedTrial]:
    with recorded_run(folder, items=make_items(count)) as (journal, plan):
        encoder = SpanEncoder(experiment_of(journal.header, plan, None), plan)
        return [encoder.trial(trial) for trial in completed(journal)]


def test_spans_the_server_cannot_read_are_found(emulator: EmulatorServer, tmp_path: Path) -> None:
    trials = encoded(tmp_path, 6)
    trials[4] = EncodedTrial(5, "item-4", 0, "root-4", [b'{"attributes":['], [])
    refusals, _ = deliver(emulator, Contract.EVENTS, lambda sender: sender.spans(trials))

    assert [(refusal.kind, refusal.id, refusal.item_id) for refusal in refusals] == [
        ("span", "root-4", "item-4")
    ]
    assert emulator.admin.counters()["experiment_items"] == 5


def test_spans_left_out_of_an_accepted_request_are_found(tmp_path: Path) -> None:
    trials = encoded(tmp_path, 3)

    async def answer(request: httpx.Request) -> httpx.Response:
        poisoned = b"item-1" in gzip.decompress(await request.aread())
        partial = {"rejectedSpans": "6", "errorMessage": "no room"} if poisoned else {}
        return httpx.Response(200, json={"partialSuccess": partial})

    refusals, _ = deliver(
        LangfuseSettings("http://langfuse.test", "pk", "sk"),
        Contract.EVENTS,
        lambda sender: sender.spans(trials),
        transport=httpx.MockTransport(answer),
    )

    root = ids.root_span_id("20261123-190501-k3f9qa", "item-1", 0)
    assert refusals == [Refusal("span", root, "item-1", 0, None, "no room")]


@pytest.mark.parametrize("status", [401, 403])
def test_refused_keys_end_it(emulator: EmulatorServer, status: int) -> None:
    emulator.admin.set_faults(FaultRule(status=status))

    with pytest.raises(Stopped, match="refused the keys"):
        deliver(emulator, Contract.EVENTS, lambda sender: sender.scores([row(1)]))


def test_a_missing_endpoint_ends_it(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(status=404))

    with pytest.raises(Stopped, match="has no endpoint"):
        deliver(emulator, Contract.LISTS, lambda sender: sender.scores([row(1)]))


def test_waiting_ends_when_time_is_up(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(status=429, retry_after="3600"))
    began = time.monotonic()

    with pytest.raises(OutOfTime):
        deliver(emulator, Contract.EVENTS, lambda sender: sender.scores([row(1)]), time_left=lambda: 1.0)
    assert time.monotonic() - began < 5


FAULTS = {
    "unavailable": FaultRule(status=503, duration=0.25),
    "broken": FaultRule(status=500, duration=0.25),
    "refusing": FaultRule(action="refuse", duration=0.25),
    "hanging": FaultRule(action="hang", duration=0.25),
    "cut": FaultRule(action="cut", times=3),
    "half busy": FaultRule(status=429, retry_after="0.01", share=0.5, path="ingestion|otel|scores$"),
    "half broken": FaultRule(status=500, share=0.5, path="ingestion|otel|scores$"),
    "stored, then broken": FaultRule(status=500, stored=True, times=3, path="ingestion|otel|scores$"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_nothing_is_lost_and_nothing_counts_twice(
    emulator: EmulatorServer, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outlast(emulator, Contract.EVENTS, name, monkeypatch, tmp_path)


@pytest.mark.parametrize("name", ["hanging", "half broken", "stored, then broken"])
def test_nor_with_the_new_contract(
    new_emulator: EmulatorServer, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    outlast(new_emulator, Contract.LISTS, name, monkeypatch, tmp_path)


def outlast(
    server: EmulatorServer, contract: Contract, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(delivery_module, "pause_before", quick_pause)
    trials = encoded(tmp_path, 12)
    rows = scores_of(tmp_path / "scores", 12)
    server.admin.set_faults(FAULTS[name])
    settings = settings_for(server, timeout=0.15)

    async def all_at_once(sender: Delivery) -> list[Any]:
        groups = [sender.spans(trials[start : start + 3]) for start in range(0, 12, 3)]
        groups += [sender.scores(rows[start : start + 9]) for start in range(0, 36, 9)]
        return list(await asyncio.gather(*groups))

    refusals, _ = deliver(settings, contract, all_at_once)
    server.admin.set_faults()
    server.admin.merge()
    counters = server.admin.counters()

    assert refusals == [[]] * 8
    assert (counters["spans"]["distinct"], counters["spans"]["rows"]) == (72, 72)
    assert (counters["scores"]["distinct"], counters["scores"]["rows"]) == (36, 36)
    assert counters["experiment_items"] == 12


def quick_pause(attempt: int, retry_after: float | None = None) -> float:
    return 0.05


def scores_of(folder: Path, count: int) -> Sequence[ScoreRow]:
    with recorded_run(folder, items=make_items(count)) as (journal, plan):
        encoder = ScoreEncoder(experiment_of(journal.header, plan, None), plan, {})
        return [score for trial in completed(journal) for score in encoder.trial(trial).rows]


def test_compressed_bodies_hold_no_time_of_day() -> None:
    assert gzipped(b"x" * 100)[4:8] == b"\0\0\0\0"
    assert gzipped(b"x" * 100) == gzipped(b"x" * 100)
