"""Evaluations that are killed, resumed until complete, and compared with one that was left in peace."""

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from tests.emulator.handle import EmulatorServer, emulator_process
from tests.faults.contents import NO_ROWS, NOTHING_STORED, Recorded, Stored, recorded, stored, summary
from tests.faults.traps import Phase, Trap
from tests.faults.workspace import EVALSPEC, Finished, Project, finish, judged_items, make_project

PHASES: tuple[Phase, ...] = ("beginning", "running", "committing", "publishing", "closing")
OUTSIDE = "any moment"
MOST_CALLS = 2
"""Tries of a call in one session: `retries = 1`."""
REPEATS = 2
ITEMS_AT_MOST = 1000
NOTHING_TO_RESUME = 2


@dataclass(frozen=True)
class Backend:
    """Where the runs of a campaign publish: `langfuse` by a contract, or `local`."""

    name: str
    contract: str = "4.16"


@dataclass(frozen=True)
class Death:
    """A kill: by a trap in the process, or after some seconds from outside."""

    trap: Trap | None = None
    seconds: float = 0.0

    @property
    def phase(self) -> str:
        return self.trap.place.phase if self.trap else OUTSIDE

    @property
    def label(self) -> str:
        return self.trap.label if self.trap else f"after {self.seconds:.2f} s"


@dataclass
class Outcome:
    """What came of one run: the kills that happened, and everything that is not as it should be."""

    kills: list[Death] = field(default_factory=list)
    lost: int = 0
    twice: int = 0
    differing: int = 0
    remarks: list[str] = field(default_factory=list)

    def note(self, what: str, *, lost: int = 0, twice: int = 0, differing: int = 0) -> None:
        if lost or twice or differing:
            self.lost += lost
            self.twice += twice
            self.differing += differing
            self.remarks.append(f"{what}: {lost} lost, {twice} twice, {differing} differing")


@dataclass(frozen=True)
class Final:
    """A complete run, as contents."""

    code: int
    summary: str
    rows: Recorded
    server: Stored


@dataclass(frozen=True)
class Campaign:
    """How the runs of one campaign are made."""

    folder: Path
    items: int
    delay: float

    def project(self, name: str, server: EmulatorServer | None) -> Project:
        variables = server.env() if server else {}
        return make_project(
            self.folder / name, "judged", judged_items(self.items), variables, FAULTS_DELAY=str(self.delay)
        )

    def undisturbed(self, backend: Backend) -> Final:
        """The run to compare with."""
        with ExitStack() as stack:
            server = _server(stack, backend)
            project = self.project(f"undisturbed-{backend.name}-{backend.contract}", server)
            ended = project.evalspec("run", project.spec, *_options(backend))
            return _final(project, ended, server)

    def disturbed(self, name: str, backend: Backend, deaths: Sequence[Death], expected: Final) -> Outcome:
        """One run with a kill in each of its first sessions, then resumed to the end."""
        outcome = Outcome()
        with ExitStack() as stack:
            server = _server(stack, backend)
            project = self.project(name, server)
            before, calls = NO_ROWS, Counter[str]()
            for death in deaths:
                ended = _session(project, backend, death)
                if not ended.killed:
                    _expect_code(ended, expected.code, outcome)
                    break
                outcome.kills.append(death)
                before, calls = _look(project, before, calls, outcome)
            ended = _last_session(project, backend, outcome)
            _expect_code(ended, expected.code, outcome)
            _look(project, before, calls, outcome)
            final = _final(project, ended, server)
            _compare(final, expected, outcome)
            if server is not None:
                _publish_again(project, server, final, outcome)
        return outcome


def _server(stack: ExitStack, backend: Backend) -> EmulatorServer | None:
    if backend.name == "local":
        return None
    return stack.enter_context(emulator_process("--contract", backend.contract, "--read-delay", "0.2"))


def _options(backend: Backend) -> tuple[str, ...]:
    return ("--backend", backend.name, "--format", "json", "--quiet")


def _begun(project: Project) -> list[Path]:
    return [folder for folder in project.run_folders() if recorded(folder) is not None]


def _session(project: Project, backend: Backend, death: Death) -> Finished:
    """Begin the run, or go on with it, until death."""
    begun = _begun(project)
    what = ("resume", begun[-1].name) if begun else ("run", project.spec)
    command = (*what, *_options(backend))
    if death.trap is not None:
        return finish(project.start("-m", "tests.faults.child", *command, FAULTS_TRAP=death.trap.text))
    process = project.start(str(EVALSPEC), *command)
    time.sleep(death.seconds)
    process.kill()
    return finish(process)


def _last_session(project: Project, backend: Backend, outcome: Outcome) -> Finished:
    """Resume, as often as it takes; a run that never began is begun again."""
    if begun := _begun(project):
        return project.evalspec("resume", begun[-1].name, *_options(backend))
    for folder in project.run_folders():
        ended = project.evalspec("resume", folder.name, *_options(backend))
        if ended.code != NOTHING_TO_RESUME:
            outcome.note(
                f"resuming what never began: exit code {ended.code}: {ended.errors[-300:]}", differing=1
            )
    return project.evalspec("run", project.spec, *_options(backend))


def _expect_code(ended: Finished, code: int, outcome: Outcome) -> None:
    if ended.code != code:
        outcome.note(f"exit code {ended.code}, expected {code}: {ended.errors[-300:]}", differing=1)


def _calls(project: Project) -> Counter[str]:
    """How often user code was called, by what and for which item."""
    return Counter(project.tally.read_text("utf-8").splitlines()) if project.tally.exists() else Counter()


def _look(
    project: Project, before: Recorded, calls_before: Counter[str], outcome: Outcome
) -> tuple[Recorded, Counter[str]]:
    """Compare journal and tally with those of the last look: all of it is there, none was done again."""
    begun = _begun(project)
    if not begun:
        return before, calls_before
    now, calls = recorded(begun[-1]) or NO_ROWS, _calls(project)
    for kind in ("trials", "evaluations"):
        old, new = getattr(before, kind), getattr(now, kind)
        outcome.note(
            f"recorded {kind}",
            lost=sum(key not in new for key in old),
            differing=sum(key in new and new[key] != row for key, row in old.items()),
        )
    outcome.note("calls repeated", twice=_repeated(calls - calls_before, before))
    return now, calls


def _repeated(calls: Counter[str], before: Recorded) -> int:
    """Calls for which nothing was left to do: each missing row allows the tries of one session."""
    allowed: Counter[str] = Counter()
    for number in range(ITEMS_AT_MOST):
        for trial in range(REPEATS):
            if (number, trial) not in before.trials:
                allowed[f"task {number}"] += MOST_CALLS
            for evaluator in ("closeness", "manners"):
                if (number, trial, evaluator) not in before.evaluations:
                    allowed[f"{evaluator} {number}"] += MOST_CALLS
    return (calls - allowed).total()


def _final(project: Project, ended: Finished, server: EmulatorServer | None) -> Final:
    rows = recorded(_begun(project)[-1])
    assert rows is not None
    return Final(
        ended.code, summary(ended.document()), rows, stored(server.admin) if server else NOTHING_STORED
    )


def _compare(final: Final, expected: Final, outcome: Outcome) -> None:
    outcome.note("what is printed", differing=int(final.summary != expected.summary))
    for what, found, wanted in (
        ("rows", final.rows.plain, expected.rows.plain),
        ("the server's contents", final.server.contents, expected.server.contents),
    ):
        missing, more = wanted - found, found - wanted
        # A content that is there in place of another one differs; only the surplus is too much or too little.
        changed = min(missing.total(), more.total())
        outcome.note(what, lost=missing.total() - changed, twice=more.total() - changed, differing=changed)
    outcome.note("the server", twice=final.server.duplicates, differing=final.server.changed)


def _publish_again(project: Project, server: EmulatorServer, final: Final, outcome: Outcome) -> None:
    """Publishing what is published changes nothing."""
    ended = project.evalspec("publish", "latest", "--format", "json", "--require-published")
    _expect_code(ended, 0, outcome)
    again = stored(server.admin)
    outcome.note("publishing again", differing=(again.contents - final.server.contents).total())
