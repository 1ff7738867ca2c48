"""The `conversation` task: both sides, why it ends, what is recorded, and what goes wrong in a turn."""

from pathlib import Path
from typing import Any

import pytest

from evalspec.journal.ids import session_id
from evalspec.models import Budget
from evalspec.plan.values import Item
from evalspec.runner.failures import failure_of, is_worth_another_try
from evalspec.tasks.base import PartFailed, TaskError
from tests.compiler.project import changed, checked, compiled, write_spec
from tests.model_server.behaviours import status, text
from tests.model_server.handle import ModelServer
from tests.tasks.asking import ECHO, FRANCE, KEY, caller, of, shape, spec_of

CODE = """
import asyncio

CITIES = {"France": "Paris"}
SEEN = []

def answer(messages, session_id, item):
    SEEN.append(session_id)
    said = messages[-1]["content"]
    messages.clear()
    return f"{said} {CITIES[item.input['country']]}"

async def later(history):
    await asyncio.sleep(0)
    return {"role": "assistant", "content": f"{len(history)} messages"}

def with_tools(messages):
    call = {"id": "1", "type": "function", "function": {"name": "look", "arguments": "{}"}}
    return [
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "1", "content": "Paris"},
        {"role": "assistant", "content": "It is Paris."},
    ]

def wrong(messages):
    return {"role": "user", "content": "I am the user"}

def nothing(messages):
    return []

def breaks(messages):
    if len(messages) > 1:
        raise ConnectionError("gone")
    return "fine"

def look(country):
    return CITIES[country]

def strange(prompt, history):
    return ""
"""
LOOK = {"name": "look", "parameters": {"type": "object"}, "callable": "talking:look"}


def conversation(
    models: dict[str, Any] | None = None, prompt: str | None = None, **task: Any
) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if prompt is not None:
        more["prompts"] = {"support": {"type": "inline", "messages": [{"role": "system", "content": prompt}]}}
        task["prompt"] = "support"
    if models is None and "callable" not in task:
        models, task = {"answering": ECHO}, {"model": "answering", **task}
    return spec_of({"type": "conversation", **task}, models=models or {}, **more)


def rules(*pairs: tuple[str, str]) -> dict[str, Any]:
    return {
        "model": "embedded:rules",
        "rules": [{"pattern": pattern, "answer": answer} for pattern, answer in pairs],
    }


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".evalspec-root").touch()
    (tmp_path / "talking.py").write_text(CODE)
    return tmp_path


def said(output: Any) -> list[str]:
    return [f"{message['role']}: {message['content']}" for message in output["messages"]]


def test_a_script_and_its_observations(root: Path) -> None:
    tree = conversation(
        prompt="Speak {{ metadata.lang }} of {{ place }}.",
        variables={"place": "input.country"},
        turns=["Hello from {{ place }}!", "You said {{ last }} after {{ messages | length }} messages"],
    )
    found = caller(root, tree)()
    assert said(found.output) == [
        "user: Hello from France!",
        "assistant: Hello from France!",
        "user: You said Hello from France! after 2 messages",
        "assistant: You said Hello from France! after 2 messages",
    ]
    assert (found.output["turns"], found.output["stopped_by"]) == (2, "script")
    assert shape(found.spans) == [
        ("generation", "support", "turn 1"),
        ("span", "turn 1", "call"),
        ("generation", "support", "turn 2"),
        ("span", "turn 2", "call"),
    ]
    generation, turn = found.spans[2:]
    assert [message["role"] for message in of(generation, "input")] == ["system", "user", "assistant", "user"]
    assert of(generation, "input")[0]["content"] == "Speak en of France."
    assert of(turn, "input") == "You said Hello from France! after 2 messages"
    assert of(turn, "output") == of(turn, "input")


def test_scripts_in_the_data(root: Path) -> None:
    call = caller(root, conversation(turns="input.turns"))
    item = Item("france", {"turns": ["One {{ x }}", "Two"]})
    assert said(call(item).output)[::2] == ["user: One {{ x }}", "user: Two"]
    assert call(Item("france", {"turns": []})).output == {"messages": [], "turns": 0, "stopped_by": "script"}
    for wrong in ("Hello", [1], {"a": 1}):
        with pytest.raises(TaskError, match=r"`input\.turns` is no list of texts") as caught:
            call(Item("france", {"turns": wrong}))
        assert caught.value.kind == "wrong_turns"
    with pytest.raises(TaskError, match=r"`turns`: `input\.turns` is missing") as missing:
        call(FRANCE)
    assert missing.value.kind == "missing_key"


@pytest.mark.parametrize(
    ("function", "answers"),
    [
        ("answer", ["One Paris", "Two Paris"]),
        ("later", ["1 messages", "3 messages"]),
    ],
)
def test_functions_that_answer(root: Path, function: str, answers: list[str]) -> None:
    found = caller(root, conversation(callable=f"talking:{function}", turns=["One", "Two"]))()
    assert [message["content"] for message in found.output["messages"][1::2]] == answers
    assert shape(found.spans) == [("span", "turn 1", "call"), ("span", "turn 2", "call")]


def test_a_function_knows_its_session(root: Path) -> None:
    (root / "talking.py").write_text(
        CODE.replace("f\"{said} {CITIES[item.input['country']]}\"", "session_id")
    )
    found = caller(root, conversation(callable="talking:answer", turns=["One"]))()
    assert found.output["messages"][1]["content"] == session_id(KEY[0], "france", 0)


def test_messages_of_tools_are_part_of_the_conversation(root: Path) -> None:
    found = caller(root, conversation(callable="talking:with_tools", turns=["One"]))()
    assert [message["role"] for message in found.output["messages"]] == [
        "user",
        "assistant",
        "tool",
        "assistant",
    ]
    assert of(found.spans[0], "output") == "It is Paris."


def test_the_tools_of_a_model(root: Path) -> None:
    model = {
        "model": "embedded:rules",
        "rules": [
            {"pattern": "tool: Paris", "answer": "It is Paris."},
            {"pattern": "France", "tool": "look", "arguments": {"country": "France"}},
        ],
    }
    tree = conversation(models={"answering": model}, model="answering", tools=[LOOK], turns=["France?"])
    found = caller(root, tree)()
    roles = [message["role"] for message in found.output["messages"]]
    assert roles == ["user", "assistant", "tool", "assistant"]
    assert found.output["messages"][-1]["content"] == "It is Paris."
    assert shape(found.spans) == [
        ("generation", "answering", "turn 1"),
        ("tool", "look", "turn 1"),
        ("generation", "answering", "turn 1"),
        ("span", "turn 1", "call"),
    ]


CUSTOMER = rules(
    ("(?s)user: Paris.*$", "Thanks. <done>"),
    ("(?s)user: I do not know.*$", "Is it Paris?"),
    ("(?s)user: The conversation begins", "What is the capital of France?"),
)
ASSISTANT = rules(("Is it Paris", "Paris."), ("capital", "I do not know."))
USER = {
    "model": "customer",
    "persona": "A {{ metadata.lang }} tourist",
    "goal": "To learn {{ input.question }}",
}


def simulated(user: dict[str, Any] | None = None, **task: Any) -> dict[str, Any]:
    models = {"answering": ASSISTANT, "customer": CUSTOMER}
    return conversation(models=models, model="answering", user={**USER, **(user or {})}, **task)


def test_a_simulated_user_who_reaches_the_goal(root: Path) -> None:
    found = caller(root, simulated())()
    assert said(found.output) == [
        "user: What is the capital of France?",
        "assistant: I do not know.",
        "user: Is it Paris?",
        "assistant: Paris.",
    ]
    assert (found.output["turns"], found.output["stopped_by"]) == (2, "goal")
    assert shape(found.spans)[-2:] == [("generation", "user", "turn 3"), ("span", "turn 3", "call")]
    asked = of(found.spans[3], "input")
    assert "A en tourist" in asked[0]["content"]
    assert "To learn Its capital?" in asked[0]["content"]
    assert [message["role"] for message in asked] == ["system", "user", "assistant", "user"]
    assert asked[3]["content"] == "I do not know."
    assert of(found.spans[-1], "metadata.stopped_by") == "goal"


@pytest.mark.parametrize(
    ("user", "task", "turns", "stopped_by"),
    [
        ({"max_turns": 1}, {}, 1, "max_turns"),
        ({"stop": "Is it"}, {}, 1, "goal"),
        ({"opening": "Is it Paris?"}, {}, 1, "goal"),
        ({}, {"stop_when": "'know' in last"}, 1, "condition"),
        ({}, {"stop_when": "turns >= 2 and input.country == 'France'"}, 2, "condition"),
        ({}, {"stop_when": "messages | length > 9"}, 2, "goal"),
    ],
)
def test_why_a_conversation_ends(
    root: Path, user: dict[str, Any], task: dict[str, Any], turns: int, stopped_by: str
) -> None:
    output = caller(root, simulated(user, **task))().output
    assert (output["turns"], output["stopped_by"]) == (turns, stopped_by)


def test_the_simulated_user_is_paid_by_the_judges(root: Path) -> None:
    call = caller(root, simulated(), budgets={"judge": Budget(requests=1)})
    with pytest.raises(PartFailed, match="turn 2: the simulated user: the budget of 1 requests"):
        call()
    call = caller(root, simulated(), budgets={"subject": Budget(requests=1)})
    with pytest.raises(PartFailed, match="turn 2: the budget of 1 requests for the subject is spent"):
        call()


def told(function: str, *turns: str) -> dict[str, Any]:
    return conversation(callable=f"talking:{function}", turns=list(turns))


FAILING: list[tuple[dict[str, Any], str, str, bool]] = [
    (told("breaks", "One", "Two"), "exception", "turn 2: gone", True),
    (told("wrong", "One"), "wrong_answer", "turn 1: the answer is neither", False),
    (told("nothing", "One"), "wrong_answer", "turn 1: the answer is neither", False),
    (conversation(turns=["{{ input.town }}"]), "missing_key", "turn 1: the turn's text: `input.town`", False),
    (conversation(turns=["One"], stop_when="input.town"), "missing_key", "turn 1: `stop_when`: ", False),
]


@pytest.mark.parametrize(("tree", "kind", "message", "again"), FAILING)
def test_a_failure_names_the_turn(root: Path, tree: Any, kind: str, message: str, again: bool) -> None:
    with pytest.raises(PartFailed) as caught:
        caller(root, tree)()
    failure = failure_of(caught.value)
    assert (failure.kind, is_worth_another_try(caught.value)) == (kind, again)
    assert failure.message.startswith(message)
    assert of(caught.value.spans[-1], "level") == "ERROR"  # type: ignore[attr-defined]


def test_a_provider_that_is_to_blame(
    root: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    model_server.script(text("Fine."), *[status(500)] * 3)
    tree = conversation(models={"answering": model_server.fields()}, model="answering", turns=["One", "Two"])
    with pytest.raises(PartFailed) as caught:
        caller(root, tree)()
    failure = failure_of(caught.value)
    assert (failure.kind, failure.outage) == ("server_error", True)
    assert failure.message.startswith("turn 2: HTTP 500")
    assert model_server.requests[1].body["messages"] == [
        {"role": "user", "content": "One"},
        {"role": "assistant", "content": "Fine."},
        {"role": "user", "content": "Two"},
    ]


def test_a_simulated_user_who_says_nothing(root: Path) -> None:
    tree = changed(simulated(), {"/models/customer": rules(("begins", "  "))})
    with pytest.raises(PartFailed, match="turn 1: the simulated user said nothing") as caught:
        caller(root, tree)()
    assert caught.value.kind == "no_turn"


DECIDING: list[dict[str, Any]] = [
    {"/task/user/persona": "A tourist"},
    {"/task/user/goal": "Nothing"},
    {"/task/user/opening": "Hello"},
    {"/task/user/stop": "<end>"},
    {"/task/user/max_turns": 3},
    {"/task/user/parameters": {"temperature": 1}},
    {"/models/customer/parameters": {"temperature": 1}},
    {"/models/answering/parameters": {"temperature": 1}},
    {"/task/parameters": {"temperature": 1}},
    {"/task/max_steps": 2},
    {"/task/stop_when": "turns > 1"},
    {"/task/variables": {"x": "input"}},
    {"/task/tools": [LOOK]},
]


@pytest.mark.parametrize("changes", DECIDING, ids=[next(iter(change)) for change in DECIDING])
def test_what_moves_the_digest(root: Path, changes: dict[str, Any]) -> None:
    before = compiled(write_spec(root, simulated())).task
    assert compiled(write_spec(root, changed(simulated(), changes))).task.digest != before.digest


def test_the_code_of_the_function_moves_the_digest(root: Path) -> None:
    tree = conversation(callable="talking:answer", turns=["One"])
    before = compiled(write_spec(root, tree)).task
    (root / "talking.py").write_text(CODE.replace("Paris", "Lyon"))
    assert compiled(write_spec(root, tree)).task.digest != before.digest
    for other in ({"/task/turns": ["Two"]}, {"/task/turns": "[input.question]"}):
        (root / "talking.py").write_text(CODE)
        assert compiled(write_spec(root, changed(tree, other))).task.digest != before.digest


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (conversation(), "missing-field", "/task"),
    (spec_of({"type": "conversation", "turns": ["One"]}), "missing-field", "/task"),
    (conversation(model="answering", callable="talking:answer", models={"answering": ECHO}, turns=["One"]),
     "wrong-value", "/task/callable"),
    (simulated(turns=["One"]), "wrong-value", "/task/user"),
    (conversation(callable="talking:answer", turns=["One"], max_steps=3), "wrong-value", "/task/max_steps"),
    (conversation(turns=["One"], files=["*.py"]), "wrong-value", "/task/files"),
    (conversation(turns=["One"], tools=[{"name": "look"}]), "missing-field", "/task/tools"),
    (conversation(turns=[]), "wrong-value", "/task/turns"),
    (conversation(turns=["{{ town }}"]), "undefined-name", "/task/turns/0"),
    (conversation(turns=["One", "{{ last"]), "template-syntax", "/task/turns/1"),
    (conversation(turns="turns"), "undefined-name", "/task/turns"),
    (conversation(turns=["One"], stop_when="final"), "undefined-name", "/task/stop_when"),
    (conversation(turns=3), "wrong-type", "/task/turns"),
    (conversation(prompt="{{ last }}", turns=["One"]), "undefined-name",
     "/prompts/support/messages/0/content"),
    (simulated({"goal": "{{ last }}"}), "undefined-name", "/task/user/goal"),
    (simulated({"stop": ""}), "out-of-range", "/task/user/stop"),
    (simulated({"max_turns": 0}), "out-of-range", "/task/user/max_turns"),
    (simulated({"mood": "bad"}), "unknown-field", "/task/user/mood"),
    (changed(simulated(), {"/task/user/model": "custmer"}), "unknown-model", "/task/user/model"),
    (conversation(callable="talking:strange", turns=["One"]), "callable-signature", "/task/callable"),
    (conversation(callable="talking:answr", turns=["One"]), "attribute-not-found", "/task/callable"),
]  # fmt: skip


@pytest.mark.parametrize(("tree", "code", "pointer"), WRONG, ids=[f"{c[1]} {c[2]}" for c in WRONG])
def test_mistakes(root: Path, tree: dict[str, Any], code: str, pointer: str) -> None:
    found = [
        (item.code, item.pointer) for item in checked(write_spec(root, tree)) if "unused" not in item.code
    ]
    assert found == [(code, pointer)]
