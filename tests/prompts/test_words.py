"""Prompts in specs and files: their words, their digests, their mistakes."""

from pathlib import Path
from typing import Any

import pytest

from evalspec.plan.model import PlanPrompt
from tests.compiler.project import checked, compiled, write_spec
from tests.tasks.asking import prompt_spec

SYSTEM = "Answer in {{ metadata.lang }}."
QUESTION = "The capital of {{ input.country }}?"
MESSAGES = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": QUESTION}]


def spec(root: Path, prompt: dict[str, Any]) -> Path:
    (root / ".evalspec-root").touch()
    return write_spec(root, prompt_spec(prompt))


def prompt_of(root: Path, prompt: dict[str, Any]) -> PlanPrompt:
    return compiled(spec(root, prompt)).prompts["ask"]


def write(root: Path, **files: str | bytes) -> None:
    for name, text in files.items():
        content = text.encode() if isinstance(text, str) else text
        (root / f"{name}.jinja").write_bytes(content)


def test_the_same_words_have_the_same_digest_wherever_they_stand(tmp_path: Path) -> None:
    write(tmp_path, system=SYSTEM, question=QUESTION + "\n")
    filed = [{"role": "system", "path": "system.jinja"}, {"role": "user", "path": "question.jinja"}]
    one = prompt_of(tmp_path, {"type": "inline", "messages": MESSAGES})
    other = prompt_of(tmp_path, {"type": "file", "messages": filed})
    assert (one.type, one.messages, one.digest) == (other.type, other.messages, other.digest)
    assert other.origin == {"type": "file", "paths": ["system.jinja", "question.jinja"]}
    assert prompt_of(tmp_path, {"type": "inline", "messages": MESSAGES[::-1]}).digest != one.digest


@pytest.mark.parametrize(
    "content",
    [QUESTION, f"{QUESTION}\n", f"{QUESTION}\r\n", b"\xef\xbb\xbf" + QUESTION.encode()],
    ids=["plain", "line feed", "carriage return", "byte order mark"],
)
def test_how_a_file_is_saved_does_not_count(tmp_path: Path, content: str | bytes) -> None:
    write(tmp_path, ask=content)
    assert (
        prompt_of(tmp_path, {"type": "file", "path": "ask.jinja"}).digest
        == prompt_of(tmp_path, {"type": "inline", "text": QUESTION}).digest
    )


def test_blank_lines_do_count(tmp_path: Path) -> None:
    write(tmp_path, ask=f"{QUESTION}\n\n")
    found = prompt_of(tmp_path, {"type": "file", "path": "ask.jinja"})
    assert found.messages[0].content == f"{QUESTION}\n"


def test_a_plan_does_not_read_the_files_again(tmp_path: Path) -> None:
    write(tmp_path, ask=QUESTION)
    found = prompt_of(tmp_path, {"type": "file", "path": "ask.jinja"})
    (tmp_path / "ask.jinja").unlink()
    assert found.messages[0].content == QUESTION


PART = {"type": "image", "source": "input.photo"}
USER = {"role": "user", "content": "x"}
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "inline"}, "missing-field", ""),
    ({"type": "inline", "text": "x", "messages": [USER]}, "wrong-value", "/messages"),
    ({"type": "inline", "messages": []}, "wrong-value", "/messages"),
    ({"type": "inline", "messages": [{"role": "user"}]}, "missing-field", "/messages/0"),
    ({"type": "inline", "messages": [{"content": "x"}]}, "missing-field", "/messages/0"),
    (
        {"type": "inline", "messages": [{**USER, "parts": [PART]}]},
        "wrong-value",
        "/messages/0/parts",
    ),
    (
        {"type": "inline", "messages": [{"role": "user", "placeholder": "input.past"}]},
        "wrong-value",
        "/messages/0/role",
    ),
    ({"type": "inline", "messages": [{"role": "tool", "content": "x"}]}, "wrong-value", "/messages/0/role"),
    (
        {"type": "inline", "messages": [{"role": "user", "parts": [{"type": "image"}]}]},
        "missing-field",
        "/messages/0/parts/0",
    ),
    (
        {"type": "inline", "messages": [{"role": "user", "parts": [{**PART, "text": "x"}]}]},
        "wrong-value",
        "/messages/0/parts/0/text",
    ),
    (
        {"type": "inline", "messages": [{"role": "user", "parts": [{"type": "text", "source": "x"}]}]},
        "missing-field",
        "/messages/0/parts/0",
    ),
    (
        {"type": "inline", "messages": [{"role": "user", "parts": [{**PART, "source": "photo"}]}]},
        "undefined-name",
        "/messages/0/parts/0/source",
    ),
    ({"type": "inline", "messages": [{"placeholder": "past"}]}, "undefined-name", "/messages/0/placeholder"),
    ({"type": "inline", "text": "{{ input."}, "template-syntax", "/text"),
    ({"type": "inline", "text": "{{ input | shout }}"}, "unknown-filter", "/text"),
    ({"type": "inline", "text": "{{ country }}"}, "undefined-name", "/text"),
    ({"type": "file"}, "missing-field", ""),
    ({"type": "file", "path": "ask.jinja", "messages": []}, "wrong-value", "/messages"),
    ({"type": "file", "messages": []}, "wrong-value", "/messages"),
    ({"type": "file", "path": "gone.jinja"}, "file-not-found", "/path"),
    ({"type": "file", "path": "../ask.jinja"}, "path-outside-root", "/path"),
    ({"type": "file", "path": "latin.jinja"}, "not-readable", "/path"),
    (
        {"type": "file", "messages": [{"role": "user", "path": "gone.jinja"}]},
        "file-not-found",
        "/messages/0/path",
    ),
    ({"type": "langfuse", "name": "ask", "version": 1, "label": "production"}, "wrong-value", "/label"),
    ({"type": "langfuse", "name": "ask", "version": 0}, "out-of-range", "/version"),
]


@pytest.mark.parametrize(("prompt", "code", "pointer"), WRONG, ids=[f"{c[1]}{c[2]}" for c in WRONG])
def test_mistakes(tmp_path: Path, prompt: dict[str, Any], code: str, pointer: str) -> None:
    write(tmp_path, ask=QUESTION, latin="caf\u00e9".encode("latin-1"))
    found = [(item.code, item.pointer) for item in checked(spec(tmp_path, prompt))]
    assert found == [(code, f"/prompts/ask{pointer}")]


def test_mistakes_in_a_file_are_shown_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path, ask="One line.\n  {{ inptu.country }} {{ input.")
    (problem,) = checked(spec(tmp_path, {"type": "file", "path": "ask.jinja"}))
    assert problem.span is not None
    assert (problem.code, problem.span.path, problem.span.start.line) == ("template-syntax", "ask.jinja", 2)
    write(tmp_path, ask="One line.\n  {{ inptu.country }}")
    (problem,) = checked(spec(tmp_path, {"type": "file", "path": "ask.jinja"}))
    assert problem.span is not None
    place = problem.span.start.line, problem.span.start.column
    assert (problem.code, problem.span.path, place) == ("undefined-name", "ask.jinja", (2, 6))
    assert problem.suggestion == "input"
