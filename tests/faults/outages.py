"""Evaluations against a failing server, by evalspec and by the Langfuse SDK, and what is lost."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer, emulator_process
from tests.faults.workspace import EVALSPEC as EVALSPEC_COMMAND
from tests.faults.workspace import Finished, Project, finish, make_project, plain_items

START_UP = 2.0
"""Seconds that are added to an outage, so that it covers the beginning of the run and not that of Python."""

EVALSPEC, SDK = "evalspec", "Langfuse SDK"
CONCURRENCY = 50
"""Of both."""


@dataclass(frozen=True)
class Fault:
    """A row of the table. A task takes `delay` seconds; with `killed` the process is killed after so many
    seconds; `recorded` publishes a run that is finished already.
    """

    label: str
    rules: tuple[FaultRule, ...] = ()
    items: int = 2000
    delay: float = 0.05
    killed: float | None = None
    recorded: bool = False
    sdk: bool = True


def outage(seconds: float, **rule: object) -> tuple[FaultRule, ...]:
    return (FaultRule(duration=seconds + START_UP, **rule),)  # type: ignore[arg-type]  # fields of a rule


def faults(seconds: float, items: int, many: int) -> list[Fault]:
    """The rows: outages of `seconds`, evaluations of `items`, and one of `many` at full speed."""
    during = f"for the first {seconds:g} s"
    # So slow that the evaluation takes twice as long as the outage: what comes later should always arrive.
    slow = 2 * seconds * CONCURRENCY / items
    return [
        Fault("no fault", (), items),
        Fault(f"503 {during}", outage(seconds, status=503), items, slow),
        Fault(f"500 {during}", outage(seconds, status=500), items, slow),
        Fault(f"connection refused {during}", outage(seconds, action="refuse"), items, slow),
        Fault(f"hangs {during}", outage(seconds, action="hang"), items, slow),
        Fault("half of all requests 429", (FaultRule(status=429, retry_after="1", share=0.5),), items),
        Fault("half of all requests 500", (FaultRule(status=500, share=0.5),), items),
        Fault(
            "half of all requests stored, then 503", (FaultRule(status=503, share=0.5, stored=True),), items
        ),
        Fault("half of all answers cut short", (FaultRule(action="cut", share=0.5),), items, sdk=False),
        Fault("half of all connections closed", (FaultRule(action="close", share=0.5),), items, sdk=False),
        Fault(
            "413 for the first three bodies of spans",
            (FaultRule(status=413, path="otel", times=3),),
            items,
            recorded=True,
            sdk=False,
        ),
        Fault(f"full speed, {many:,} items, 503 {during}", outage(seconds, status=503), many, delay=0),
        Fault("SIGKILL in the middle", (), items, killed=2.5),
    ]


@dataclass(frozen=True)
class Delivered:
    """What of an evaluation reached the server."""

    fault: Fault
    runner: str
    contract: str
    expected_spans: int
    expected_scores: int
    spans: int
    scores: int
    twice: int
    seconds: float
    said: str

    @property
    def lost(self) -> int:
        return self.expected_spans - self.spans + self.expected_scores - self.scores

    @property
    def fine(self) -> bool:
        return self.lost == 0 and self.twice == 0


SPANS_OF_AN_ITEM = {EVALSPEC: 5, SDK: 6}
SCORES_OF_AN_ITEM = 3


def deliver(folder: Path, fault: Fault, runner: str, contract: str) -> Delivered:
    """One evaluation under one fault."""
    with emulator_process("--contract", contract, "--read-delay", "0.5") as server:
        project = make_project(
            folder, "plain", plain_items(fault.items), server.env(), FAULTS_DELAY=str(fault.delay)
        )
        if fault.recorded:
            project.evalspec("run", project.spec, "--backend", "local", "--quiet")
        server.admin.set_faults(*fault.rules)
        began = time.monotonic()
        said = _by_sdk(project, fault) if runner == SDK else _by_evalspec(project, fault)
        took = time.monotonic() - began
        return _counted(server, fault, runner, contract, took, said)


def _by_sdk(project: Project, fault: Fault) -> str:
    process = project.start("-m", "tests.faults.sdk")
    if fault.killed is not None:
        time.sleep(fault.killed)
        process.kill()
    ended = finish(process)
    if ended.killed:
        return "killed; nothing to resume"
    if ended.code:
        return f"exit code {ended.code}"
    return f"{ended.document()['items']:,} of {fault.items:,} items fine"


PUBLISHING = ("--backend", "langfuse", "--format", "json", "--quiet", "--publish-timeout", "120")


def _by_evalspec(project: Project, fault: Fault) -> str:
    if fault.recorded:
        return _told(project.evalspec("publish", "latest", "--format", "json", "--publish-timeout", "120"))
    if fault.killed is None:
        return _told(project.evalspec("run", project.spec, *PUBLISHING))
    process = project.start(str(EVALSPEC_COMMAND), "run", project.spec, *PUBLISHING)
    time.sleep(fault.killed)
    process.kill()
    finish(process)
    return "killed, resumed; " + _told(project.evalspec("resume", "latest", *PUBLISHING))


def _told(ended: Finished) -> str:
    document = ended.document()
    publication = document["publication"]
    return (
        f"exit code {ended.code}, {publication['confirmed']:,} confirmed, {publication['pending']:,} pending"
    )


def _counted(
    server: EmulatorServer, fault: Fault, runner: str, contract: str, took: float, said: str
) -> Delivered:
    server.admin.set_faults()
    counters = server.admin.counters()
    spans, scores = counters["spans"], counters["scores"]
    return Delivered(
        fault,
        runner,
        contract,
        fault.items * SPANS_OF_AN_ITEM[runner],
        fault.items * SCORES_OF_AN_ITEM + 1,
        spans["distinct"],
        scores["distinct"],
        spans["duplicates"] + scores["duplicates"],
        took,
        said,
    )


RUNNERS = ((EVALSPEC, "4.16"), (EVALSPEC, "5"), (SDK, "5"))


def run_outages(folder: Path, wanted: Iterable[Fault]) -> list[Delivered]:
    """Every fault by every runner, one after the other: they share the machine."""
    results: list[Delivered] = []
    for number, fault in enumerate(wanted):
        for runner, contract in RUNNERS:
            if runner == SDK and not fault.sdk:
                continue
            place = folder / f"{number}-{runner.replace(' ', '-')}-{contract}"
            result = deliver(place, fault, runner, contract)
            results.append(result)
            print(
                f"{fault.label}: {runner}, contract {contract}: {result.spans:,} of {result.expected_spans:,}"
                f" spans, {result.scores:,} of {result.expected_scores:,} scores, {result.twice} twice,"
                f" {result.seconds:.0f} s; {result.said}",
                flush=True,
            )
    return results


def table(results: Sequence[Delivered]) -> list[str]:
    """Markdown: for each fault and runner what was lost, as numbers and as shares."""
    lines = [
        "| fault | runner | contract | spans lost | scores lost | twice | seconds | what it said |",
        "|---|---|---|---:|---:|---:|---:|---|",
    ]
    for result in results:
        spans = _loss(result.expected_spans - result.spans, result.expected_spans)
        scores = _loss(result.expected_scores - result.scores, result.expected_scores)
        lines.append(
            f"| {result.fault.label} | {result.runner} | {result.contract} | {spans} | {scores} |"
            f" {result.twice} | {result.seconds:.0f} | {result.said} |"
        )
    return lines


def _loss(lost: int, expected: int) -> str:
    return "0" if lost == 0 else f"{lost:,} ({lost / expected:.1%})"
