"""Prompts that a Langfuse server holds: pinned in the plan, used without the server, linked to what used
them.
"""

import json
import re
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import evalspec
from evalspec.plan.document import dump_plan, load_plan
from evalspec.plan.model import Plan
from evalspec.prompts.langfuse import as_template
from evalspec.templates import compile_template
from tests.compiler.project import checked, compiled, write_spec
from tests.emulator.handle import EmulatorServer, emulator_in_thread
from tests.emulator.settings import Settings
from tests.tasks.asking import prompt_spec

HOSTED = {"type": "langfuse", "name": "support/answer"}
WORDS = "Dear {{country}}, {% not a tag %} {# nor this #} {{ not a name }} {{ question }}"


def created(server: EmulatorServer, prompt: Any, *labels: str, name: str = "support/answer") -> int:
    """Make a version; its number."""
    kind = "text" if isinstance(prompt, str) else "chat"
    body = {"name": name, "prompt": prompt, "type": kind, "labels": list(labels)}
    with server.client() as client:
        return int(client.post("/api/public/v2/prompts", json=body).raise_for_status().json()["version"])


def spec(root: Path, variables: dict[str, str] | None = None, **prompt: Any) -> Path:
    (root / ".evalspec-root").touch()
    tree = prompt_spec({**HOSTED, **prompt}, variables=variables or {}, returns="messages")
    return write_spec(root, tree)


def plan_of(server: EmulatorServer, root: Path, **prompt: Any) -> Plan:
    return compiled(spec(root, **prompt), environ=server.env())


def requests(server: EmulatorServer) -> Any:
    return server.admin.counters()["requests"]


def test_a_label_is_pinned_to_its_version(emulator: EmulatorServer, tmp_path: Path) -> None:
    created(emulator, "One", "production")
    created(emulator, "Two", "staging")
    created(emulator, "Three")
    for fields, version, words in (
        ({}, 1, "One"),
        ({"label": "staging"}, 2, "Two"),
        ({"label": "latest"}, 3, "Three"),
        ({"version": 2}, 2, "Two"),
    ):
        prompt = plan_of(emulator, tmp_path, **fields).prompts["ask"]
        assert prompt.origin == {"type": "langfuse", "name": "support/answer", "version": version}
        assert [message.content for message in prompt.messages] == [words]
    by_label = plan_of(emulator, tmp_path, label="staging")
    by_number = plan_of(emulator, tmp_path, version=2)
    assert by_label.task.digest == by_number.task.digest
    assert by_label.prompts == by_number.prompts
    created(emulator, "Four", "production")
    assert plan_of(emulator, tmp_path).prompts["ask"].origin["version"] == 4
    # The words decide, not where they stand.
    inline = compiled(write_spec(tmp_path, prompt_spec("Two", returns="messages", variables={})))
    assert inline.task.digest == by_number.task.digest


@pytest.mark.parametrize("fields", [{"label": "gone"}, {"version": 7}])
def test_a_version_that_is_not_there(emulator: EmulatorServer, tmp_path: Path, fields: Any) -> None:
    created(emulator, "One", "production")
    with pytest.raises(evalspec.SpecError) as caught:
        evalspec.compile(spec(tmp_path, **fields), environ=emulator.env())
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.pointer) == ("prompt-not-in-langfuse", "/prompts/ask/name")


def test_nothing_but_its_variables_is_a_template() -> None:
    scope = {"country": "France", "question": "Where?"}
    rendered = compile_template(as_template(WORDS), scope).render(scope)
    assert rendered == "Dear France, {% not a tag %} {# nor this #} {{ not a name }} Where?"


@given(st.lists(st.sampled_from([*"{}%#'- ", "{{a}}", "{{ a }}", "raw", "\n"]), max_size=12).map("".join))
@example("{{{a}}}")
@example("{}}")
@example("{%raw%}{{a}}{%endraw%}")
def test_texts_stay_what_they_are(text: str) -> None:
    expected = re.sub(r"\{\{\s*a\s*\}\}", "A", text)
    assert compile_template(as_template(text), {"a"}).render({"a": "A"}) == expected


def test_a_chat_with_a_placeholder(emulator: EmulatorServer, tmp_path: Path) -> None:
    created(
        emulator,
        [
            {"role": "system", "content": "Be {{tone}}."},
            {"type": "placeholder", "name": "past"},
            {"role": "user", "content": "{{question}}"},
        ],
        "production",
    )
    variables = {
        "tone": "'kind'",
        "question": "input.question",
        "past": "[{'role': 'user', 'content': 'Hi'}, {'role': 'assistant', 'content': 'Hello'}]",
    }
    plan = plan_of(emulator, tmp_path, variables=variables)
    assert [message.role for message in plan.prompts["ask"].messages] == ["system", "placeholder", "user"]
    (item,) = run(plan, tmp_path, {}).items()
    assert [message["content"] for message in item.output] == [
        "Be kind.",
        "Hi",
        "Hello",
        "Its capital?",
        "Its capital?",
    ]


def run(plan: Plan, root: Path, environ: dict[str, str]) -> evalspec.RunResult:
    options = evalspec.RunOptions(start=root, root=root, environ=environ)
    return anyio.run(evalspec.run, plan, options)


def test_names_that_nobody_gives(emulator: EmulatorServer, tmp_path: Path) -> None:
    created(emulator, "{{question}} {{tone}}", "production")
    with pytest.raises(evalspec.SpecError) as caught:
        evalspec.compile(spec(tmp_path, variables={"question": "input"}), environ=emulator.env())
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.pointer) == ("undefined-name", "/prompts/ask/name")
    assert problem.message.startswith("in version 1 of `support/answer`: there is no name `tone` here")


@pytest.mark.parametrize(
    "message",
    [
        {"role": "tool", "content": "x"},
        {"role": "user", "content": [{"type": "text", "text": "x"}]},
    ],
)
def test_messages_that_no_model_takes(emulator: EmulatorServer, tmp_path: Path, message: Any) -> None:
    with emulator.client() as client:
        body = {"name": "support/answer", "prompt": [message], "type": "chat", "labels": ["production"]}
        client.post("/api/public/v2/prompts", json=body).raise_for_status()
    with pytest.raises(evalspec.SpecError) as caught:
        evalspec.compile(spec(tmp_path), environ=emulator.env())
    (problem,) = caught.value.diagnostics
    assert (problem.code, problem.pointer) == ("prompt-not-in-langfuse", "/prompts/ask/name")


def test_a_plan_needs_no_server_for_its_prompts(emulator: EmulatorServer, tmp_path: Path) -> None:
    created(emulator, "{{question}}", "production")
    plan = plan_of(emulator, tmp_path, variables={"question": "input.question"})
    before = requests(emulator)
    again = load_plan(dump_plan(plan), path="plan.json")
    result = run(again, tmp_path, {})
    assert result.summary.items.completed == 1
    assert requests(emulator) == before


def test_a_check_asks_no_server(emulator: EmulatorServer, tmp_path: Path) -> None:
    created(emulator, "{{ nobody gives this }}", "production")
    before = requests(emulator)
    assert checked(spec(tmp_path), environ=emulator.env()) == ()
    assert requests(emulator) == before


def test_without_a_server_it_is_said_what_is_missing(tmp_path: Path) -> None:
    for offline, code in ((False, "langfuse-not-configured"), (True, "pin-needed-offline")):
        with pytest.raises(evalspec.SpecError) as caught:
            evalspec.compile(spec(tmp_path), environ={}, offline=offline)
        assert [problem.code for problem in caught.value.diagnostics] == [code]


@pytest.mark.parametrize("contract", ["4.16", "5"])
def test_generations_are_linked_to_the_prompt(tmp_path: Path, contract: Literal["4.16", "5"]) -> None:
    with emulator_in_thread(Settings(contract=contract)) as server:
        created(server, "First {{question}}", "production")
        created(server, "Second {{question}}", "production")
        plan = plan_of(server, tmp_path, variables={"question": "input.question"})
        result = run(plan, tmp_path, server.env())
        assert result.summary.publication.pending == 0
        rows = server.admin.dump()["spans"]
    (generation,) = [json.loads(row["content"]) for row in rows if row["type"] == "GENERATION"]
    assert (generation["promptName"], generation["promptVersion"]) == ("support/answer", 2)
