"""The `chain` task: steps that see what came before, and where a chain goes wrong."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.api.beginning import build_parts
from evalspec.api.verifying import moved_parts
from evalspec.api.workspace import Workspace
from evalspec.kinds.lifetime import aclose_if_open
from evalspec.runner.failures import failure_of, is_worth_another_try
from evalspec.runner.retrying import retry_after_of
from evalspec.tasks.base import PartFailed, Versioned
from tests.compiler.project import changed, checked, compiled, write_spec
from tests.emulator.server import Server, served_in_thread
from tests.model_server.behaviours import status, text
from tests.model_server.handle import ModelServer
from tests.support.http_service import as_json, http_service
from tests.tasks.asking import FRANCE, caller, of, shape, spec_of

CODE = """
import asyncio

CITIES = {"France": "Paris"}

def find(input):
    return {"city": CITIES[input["country"]]}

async def shout(item):
    await asyncio.sleep(0)
    return [item.input, item.expected_output, item["metadata"]["lang"]]

def last(text):
    return text

def busy(input):
    raise ConnectionError("nobody there")

def not_json(input):
    return object()
"""
FIND = {"name": "find", "type": "python", "callable": "chained:find"}
ASK = {"name": "ask", "type": "prompt", "prompt": "ask", "model": "answering"}
SHOUT = {"name": "shout", "type": "python", "callable": "chained:shout"}


def chain(
    *steps: dict[str, Any], prompt: str = "Is it {{ steps.find.city }}?", **task: Any
) -> dict[str, Any]:
    return spec_of(
        {"type": "chain", "steps": list(steps), **task},
        prompts={"ask": {"type": "inline", "text": prompt}},
        models={"answering": {"model": "embedded:echo"}},
    )


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / ".evalspec-root").touch()
    (tmp_path / "chained.py").write_text(CODE)
    return tmp_path


def test_steps_see_what_came_before(root: Path) -> None:
    found = caller(root, chain(FIND, ASK, SHOUT))()
    assert found.output == ["Is it Paris?", "Paris", "en"]
    assert shape(found.spans) == [
        ("chain", "find", "call"),
        ("generation", "ask", "ask"),
        ("chain", "ask", "call"),
        ("chain", "shout", "call"),
    ]
    find, generation, ask, shout = found.spans
    assert (of(find, "input"), of(find, "output")) == (FRANCE.input, {"city": "Paris"})
    assert of(generation, "input") == [{"role": "user", "content": "Is it Paris?"}]
    assert (of(ask, "input"), of(ask, "output")) == ({"city": "Paris"}, "Is it Paris?")
    assert (of(shout, "input"), of(shout, "output")) == ("Is it Paris?", found.output)


@pytest.mark.parametrize(
    ("steps", "task", "output"),
    [
        ([FIND], {"output": "steps.find.city ~ input.country"}, "ParisFrance"),
        ([FIND, {**SHOUT, "input": "[input.question, previous.city]"}], {},
         [["Its capital?", "Paris"], "Paris", "en"]),
        ([FIND, ASK, {**SHOUT, "input": "steps.find"}], {"output": "previous[0].city"}, "Paris"),
        ([FIND, {**ASK, "variables": {"place": "previous.city"}}], {"output": "steps"},
         {"find": {"city": "Paris"}, "ask": "Is it Paris?"}),
        ([{"name": "whole", "type": "python", "callable": "chained:last", "input": "item.id"}], {}, "france"),
    ],
)  # fmt: skip
def test_inputs_and_outputs(root: Path, steps: list[Any], task: dict[str, Any], output: Any) -> None:
    assert caller(root, chain(*steps, **task))().output == output


def test_a_step_cannot_change_what_another_sees(root: Path) -> None:
    (root / "chained.py").write_text(
        CODE + "\ndef spoil(input):\n    input['city'] = 'Rome'\n    return input\n"
    )
    spoil = {"name": "spoil", "type": "python", "callable": "chained:spoil"}
    found = caller(root, chain(FIND, spoil, output="steps"))().output
    assert found == {"find": {"city": "Paris"}, "spoil": {"city": "Rome"}}


def test_recorded_outputs_as_a_step(root: Path) -> None:
    (root / "found.jsonl").write_text('{"id": "france", "output": {"city": "Paris"}}\n')
    recorded = {"name": "find", "type": "recorded", "path": "found.jsonl"}
    call = caller(root, chain(recorded, ASK))
    assert call().output == "Is it Paris?"
    loading = Workspace.at(root, root=root).loading(call.plan)
    assert moved_parts(call.plan, loading, {}) == []
    (root / "found.jsonl").write_text('{"id": "spain", "output": {"city": "Madrid"}}\n')
    assert moved_parts(call.plan, loading, {}) == [
        "the step `find`: the recorded outputs in `found.jsonl` changed"
    ]
    found = [(item.code, item.pointer) for item in checked(write_spec(root, chain(recorded, ASK)))]
    assert found == [("recorded-output-missing", "/task/steps/0/path")]


@pytest.mark.parametrize(
    ("steps", "kind", "message", "again"),
    [
        ([FIND, {**SHOUT, "input": "previous.town"}], "missing_key",
         "the step `shout`: the step's `input`: `previous.town` is missing", False),
        ([{**FIND, "callable": "chained:busy"}], "exception", "the step `find`: nobody there", True),
        ([{**FIND, "callable": "chained:not_json"}], "output_not_json", "the step `find`: ", False),
        ([FIND, {**ASK, "variables": {"x": "previous.x"}}], "missing_key",
         "the step `ask`: the variable `x`: `previous.x` is missing", False),
    ],
)  # fmt: skip
def test_a_failure_names_the_step(root: Path, steps: list[Any], kind: str, message: str, again: bool) -> None:
    with pytest.raises(PartFailed) as caught:
        caller(root, chain(*steps))()
    failure = failure_of(caught.value)
    assert (failure.kind, failure.outage) == (kind, again)
    assert failure.message.startswith(message)
    assert is_worth_another_try(caught.value) is again
    assert [of(span, "level") for span in caught.value.spans][-1] == "ERROR"  # type: ignore[attr-defined]
    assert len(caught.value.spans) == len(steps)  # type: ignore[attr-defined]


def test_an_output_that_cannot_be_made(root: Path) -> None:
    with pytest.raises(Exception, match=r"the chain's `output`: `steps.find.town` is missing") as caught:
        caller(root, chain(FIND, output="steps.find.town"))()
    assert failure_of(caught.value).kind == "missing_key"


def test_a_provider_that_is_to_blame_is_to_blame_in_a_chain(
    root: Path, model_server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "test")
    model_server.answer_with(lambda request: status(503, retry_after="3"))
    tree = changed(chain(FIND, ASK), {"/models/answering": model_server.fields()})
    call = caller(root, tree)
    with pytest.raises(PartFailed) as caught:
        call()
    failure = failure_of(caught.value)
    assert (failure.kind, failure.type, failure.outage) == ("server_error", "ModelError", True)
    assert failure.message.startswith("the step `ask`: HTTP 503")
    assert (is_worth_another_try(caught.value), retry_after_of(caught.value)) == (True, 3.0)
    model_server.answer_with(lambda request: text("Yes."))
    assert call().output == "Yes."


class Echo:
    """A service that sends back what it is sent, and has a version."""

    class faults:
        on_refuse = on_accept = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = b"" if scope["path"] == "/version" else (await receive())["body"]
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body or b'"v7"'})


def test_services_and_programs_as_steps(root: Path) -> None:
    application: Any = Echo()
    program = {"name": "show", "type": "command", "argv": ["cat"], "input": "previous.city"}
    with served_in_thread(Server(application)) as server:
        service = {
            "name": "ask",
            "type": "http",
            "url": f"{server.base_url}/answers",
            "json": {"city": "{{ steps.find.city }}"},
            "version": {"url": "/version", "extract": "response.json"},
        }
        call = caller(root, chain(FIND, service, program, output="steps"))

        async def versions() -> Any:
            task = build_parts(call.plan, Workspace.at(root, root=root).loading(call.plan)).task
            assert isinstance(task, Versioned)
            try:
                return await task.version()
            finally:
                await aclose_if_open(task)

        assert anyio.run(versions) == "ask: v7"
        found = call()
    assert found.output["ask"] == {"city": "Paris"}
    assert found.output["show"] == {"id": "france", "input": "Paris", "metadata": FRANCE.metadata}
    unversioned = {key: value for key, value in service.items() if key != "version"}
    plan = compiled(write_spec(root, chain(FIND, unversioned)))
    assert [one.why for one in plan.unpinned] == [
        f"the step `ask`: nothing says which version answers at `{service['url']}`"
    ]
    wrong = {**unversioned, "json": {"city": "{{ steps.later }}"}}
    found_wrong = checked(write_spec(root, chain(FIND, wrong)))
    assert [(item.code, item.pointer) for item in found_wrong] == [
        ("unknown-step", "/task/steps/1/json/city")
    ]


DECIDING: list[dict[str, Any]] = [
    {"/task/steps": [ASK | {"variables": {"steps_": "input"}}]},
    {"/task/steps": [FIND, {**FIND, "name": "more", "input": "input"}, ASK]},
    {"/task/steps/0/name": "search", "/prompts/ask/text": "Is it {{ previous.city }}?"},
    {"/task/steps/0/input": "input | upper"},
    {"/task/steps/0/callable": "chained:last"},
    {"/task/steps/1/variables": {"x": "previous"}},
    {"/task/steps/1/max_steps": 3},
    {"/task/output": "steps.find"},
    {"/prompts/ask/text": "It is {{ steps.find.city }}."},
]


@pytest.mark.parametrize("changes", DECIDING, ids=[next(iter(change)) for change in DECIDING])
def test_what_moves_the_digest(root: Path, changes: dict[str, Any]) -> None:
    tree = chain(FIND, ASK)
    if "steps_" in str(changes):
        tree = changed(tree, {"/prompts/ask/text": "x"})
    before = compiled(write_spec(root, tree)).task
    assert compiled(write_spec(root, changed(tree, changes))).task.digest != before.digest


def test_what_does_not_move_the_digest(root: Path) -> None:
    before = compiled(write_spec(root, chain(FIND, ASK)))
    for changes in (
        {"/task/steps/0/description": "Finds."},
        {"/task/timeout": "5s"},
        {"/task/steps/1/max_steps": 10},
    ):
        after = compiled(write_spec(root, changed(chain(FIND, ASK), changes)))
        assert after.task.digest == before.task.digest
    assert before.spec is not None
    after = compiled(write_spec(root, changed(chain(FIND, ASK), {"/task/steps/0/description": "Finds."})))
    assert after.spec is not None
    assert after.spec.digest == before.spec.digest


def test_the_code_of_a_step_belongs_to_the_task(root: Path) -> None:
    plan = compiled(write_spec(root, chain(FIND, ASK)))
    assert list(plan.task.codes) == ["steps.find"]
    (root / "chained.py").write_text(CODE.replace("Paris", "Lyon"))
    loading = Workspace.at(root, root=root).loading(plan)
    (sentence,) = moved_parts(plan, loading, {})
    assert sentence.startswith("the code of the task's `steps.find` has changed")
    assert compiled(write_spec(root, chain(FIND, ASK))).task.digest != plan.task.digest


WRONG: list[tuple[dict[str, Any], str, str]] = [
    (chain(), "out-of-range", "/task/steps"),
    (chain(FIND, {**SHOUT, "name": "find"}), "wrong-value", "/task/steps/1/name"),
    (chain({**FIND, "name": "a b"}), "wrong-value", "/task/steps/0/name"),
    (chain(FIND, {**SHOUT, "type": "pyhton"}), "unknown-type", "/task/steps/1/type"),
    (chain(FIND, {"name": "inner", "type": "chain", "steps": []}), "unknown-type", "/task/steps/1/type"),
    (chain({"name": "x", "callable": "chained:find"}), "missing-type", "/task/steps/0"),
    (chain({"type": "python", "callable": "chained:find"}), "missing-field", "/task/steps/0"),
    (chain({**FIND, "timeout": "5s"}), "unknown-field", "/task/steps/0/timeout"),
    (chain({**ASK, "input": "input"}, prompt="x"), "unknown-field", "/task/steps/0/input"),
    (chain({**FIND, "callable": "chained:fnid"}), "attribute-not-found", "/task/steps/0/callable"),
    (chain({**FIND, "input": "steps.ask"}, ASK), "unknown-step", "/task/steps/0/input"),
    (chain({**FIND, "input": "previous"}), "undefined-name", "/task/steps/0/input"),
    (chain(FIND, {**ASK, "variables": {"x": "steps.ask"}}), "unknown-step", "/task/steps/1/variables/x"),
    (chain(FIND, ASK, prompt="{{ steps.fnid }}"), "unknown-step", "/prompts/ask/text"),
    (chain(ASK, FIND), "unknown-step", "/prompts/ask/text"),
    (chain(FIND, {**ASK, "model": "asnwering"}), "unknown-model", "/task/steps/1/model"),
    (chain(FIND, output="steps.ask"), "unknown-step", "/task/output"),
    (chain(FIND, output="step.find"), "undefined-name", "/task/output"),
    ({**chain(FIND), "task": {"type": "chain", "steps": "find"}}, "wrong-type", "/task/steps"),
    ({**chain(FIND), "task": {"type": "chain", "steps": ["find"]}}, "wrong-type", "/task/steps/0"),
    ({**chain(FIND), "task": {"type": "chain"}}, "missing-field", "/task"),
]


@pytest.mark.parametrize(("tree", "code", "pointer"), WRONG, ids=[f"{c[1]} {c[2]}" for c in WRONG])
def test_mistakes_are_found_at_their_places(
    root: Path, tree: dict[str, Any], code: str, pointer: str
) -> None:
    found = [
        (item.code, item.pointer) for item in checked(write_spec(root, tree)) if "unused" not in item.code
    ]
    assert found == [(code, pointer)]


def test_all_mistakes_at_once(root: Path) -> None:
    tree = chain({**FIND, "file": []}, {**ASK, "max_steps": 0, "model": "gone"}, {"name": "x", "type": "x"})
    found = {(item.code, item.pointer) for item in checked(write_spec(root, tree))}
    assert found == {
        ("unknown-field", "/task/steps/0/file"),
        ("out-of-range", "/task/steps/1/max_steps"),
        ("unknown-model", "/task/steps/1/model"),
        ("unknown-type", "/task/steps/2/type"),
    }


def test_what_is_wrong_in_a_step_hides_nothing_else(root: Path) -> None:
    tree = chain({**FIND, "file": []}, {**ASK, "model": "gone"})
    found = {(item.code, item.pointer) for item in checked(write_spec(root, tree))}
    assert found == {("unknown-field", "/task/steps/0/file"), ("unknown-model", "/task/steps/1/model")}


def test_a_program_as_a_step(root: Path) -> None:
    """It gets what came before as its input, or what the step says."""
    echo = {"name": "echo", "type": "command", "argv": ["cat"]}
    found = caller(root, chain(FIND, echo, {**echo, "name": "again", "input": "steps.find.city"}))()
    assert found.output["input"] == "Paris"
    assert of(found.spans[1], "output")["input"] == {"city": "Paris"}


def test_a_service_as_a_step(root: Path) -> None:
    """Its templates may name every step before."""
    with http_service() as service:
        service.answer = lambda asked: as_json(asked.json)
        ask = {"name": "ask", "type": "http", "url": service.url, "json": {"q": "{{ steps.find.city }}"}}
        assert caller(root, chain(FIND, ask))().output == {"q": "Paris"}
