"""Sessions: what belongs to a conversation, and the scores that are attached to it as a whole."""

import json
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest

import evalspec
from evalspec.journal.ids import session_id
from tests.compiler.project import changed, checked, compiled, write_spec
from tests.emulator.handle import EmulatorServer, emulator_in_thread
from tests.emulator.settings import Settings
from tests.tasks.asking import ECHO, spec_of

TALK = spec_of(
    {"type": "conversation", "model": "answering", "turns": ["Hello", "Goodbye"], "repeats": 2},
    models={"answering": ECHO},
    scores={"correct": {"data_type": "BOOLEAN"}, "length": {"data_type": "BOOLEAN"}},
    evaluators={
        "last": {
            "type": "exact_match",
            "value": "output.messages[-1].content",
            "expected": "'Goodbye'",
            "attach": {"to": "session"},
            "score": "correct",
        },
        "turns": {"type": "exact_match", "value": "output.turns", "expected": "2", "score": "length"},
    },
)


def ran(root: Path, server: EmulatorServer, tree: dict[str, Any]) -> evalspec.RunResult:
    (root / ".evalspec-root").touch()
    plan = compiled(write_spec(root, tree))
    options = evalspec.RunOptions(start=root, root=root, environ=server.env())
    return anyio.run(evalspec.run, plan, options)


def sessions_of(server: EmulatorServer) -> dict[str, set[str]]:
    """The sessions that the spans of each trace name."""
    found: dict[str, set[str]] = {}
    for row in server.admin.dump()["spans"]:
        found.setdefault(row["trace_id"], set()).add(json.loads(row["content"])["sessionId"])
    return found


@pytest.mark.parametrize("contract", ["4.16", "5"])
def test_a_conversation_is_a_session_with_scores_of_its_own(
    tmp_path: Path, contract: Literal["4.16", "5"]
) -> None:
    with emulator_in_thread(Settings(contract=contract)) as server:
        summary = ran(tmp_path, server, TALK).summary
        expected = {session_id(summary.run.id, "france", trial) for trial in (0, 1)}
        assert sorted(map(sorted, sessions_of(server).values())) == sorted([one] for one in expected)
        rows = {
            (row["name"], json.loads(row["content"]).get("session_id"))
            for row in server.admin.dump()["scores"]
        }
        assert rows == {("length", None), *(("correct", session) for session in expected)}
        with server.client() as client:
            query = {"sessionId": min(expected), "fields": "core,basic"}
            page = client.get("/api/public/v2/observations", params=query).raise_for_status().json()["data"]
    names = [observation["name"] for observation in page]
    assert sorted(names) == sorted(
        [
            "answering",
            "answering",
            "experiment-item-run",
            "experiment-item-task",
            "last",
            "turn 1",
            "turn 2",
            "turns",
        ]
    )
    assert {observation["sessionId"] for observation in page} == {min(expected)}
    publication = summary.publication
    assert (publication.sent, publication.confirmed) == (6, 6)
    assert (publication.pending, publication.refused) == (0, 0)


def test_other_tasks_have_none(tmp_path: Path, emulator: EmulatorServer) -> None:
    (tmp_path / "sessionless.py").write_text("def answer(question):\n    return 'Paris'\n")
    tree = spec_of({"type": "python", "callable": "sessionless:answer"})
    ran(tmp_path, emulator, tree)
    assert list(sessions_of(emulator).values()) == [{""}]
    attached = changed(tree, {"/evaluators/exact/attach": {"to": "session"}})
    found = [(item.code, item.pointer) for item in checked(write_spec(tmp_path, attached))]
    assert found == [("unsupported-by-task", "/evaluators/exact/attach")]
