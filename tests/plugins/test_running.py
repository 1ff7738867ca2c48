"""Plug-ins in runs: called as they describe themselves, held against what the plan pinned."""

import inspect
import json
import sys
from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.cli import main
from evalspec.diagnostics import EvalspecError
from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.kinds.importing import LoadError
from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item
from evalspec.tasks import TASKS
from tests.plugins.project import SPEC, changed, write

PINNED = {"distribution": {"name": "acme-evals", "version": "1.2.0"}, "entry_point": "", "kind": ""}


def run(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> tuple[int, Any, str]:
    capsys.readouterr()
    code = main(["run", str(path), "--backend", "local", "--format", "json", *options])
    captured = capsys.readouterr()
    return code, json.loads(captured.out) if captured.out else None, captured.err


def test_a_run_from_end_to_end(installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "project", SPEC)
    code, summary, errors = run(path, capsys)
    assert code == 0, errors
    # `please help me` has no bad word, one of the three words of `DARN, help me` is one.
    assert summary["scores"]["toxic"]["value"] == pytest.approx(1 / 6)
    # The first of two asks politely; 4 of the 13 letters of the second are capitals.
    assert summary["scores"]["loud"]["value"] == pytest.approx(4 / 13 / 2)
    assert summary["scores"]["polite"]["scored"] == 2
    assert main(["show", "latest", "--store", str(tmp_path / "project/.evalspec"), "--format", "json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["run"]["environment"]["distributions"]["acme-evals"] == "1.2.0"


def test_another_version_is_moved(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "project", SPEC)
    saved = path.with_name("plan.json")
    assert main(["plan", str(path), "--offline", "--output", str(saved)]) == 0
    (metadata,) = installed.glob("*.dist-info/METADATA")
    metadata.write_text(metadata.read_text().replace("1.2.0", "1.3.0"))
    code, _, errors = run(saved, capsys)
    assert code == 6
    assert "the evaluator `toxicity`: `acme-evals` is installed in version 1.3.0 instead of 1.2.0" in errors
    code, summary, _ = run(saved, capsys, "--allow-moved")
    assert (code, summary["items"]["completed"]) == (0, 2)
    metadata.write_text(metadata.read_text().replace("1.3.0", "1.2.0"))
    description = installed / "acme_evals" / "tone.evalspec.json"
    description.write_text(description.read_text().replace("What is too much.", "What is more than enough."))
    code, _, errors = run(saved, capsys)
    assert code == 6
    assert "the description of `acme:tone` changed" in errors


def test_a_plugin_that_is_gone(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "project", SPEC)
    saved = path.with_name("plan.json")
    assert main(["plan", str(path), "--offline", "--output", str(saved)]) == 0
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder != str(installed)])
    code, _, errors = run(saved, capsys)
    assert code == 6
    assert "brings the task type `acme:parrot`" in errors
    assert "brings the evaluator type `acme:tone`" in errors
    code, _, errors = run(saved, capsys, "--allow-moved")
    assert code == 2
    assert "no distribution that is installed here brings the task type `acme:parrot`" in errors


def test_the_steps_of_a_chain_are_pinned_as_a_task_is(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    parrot = {"name": "parrot", "type": "acme:parrot", "text": "input.question"}
    again = {"name": "again", "type": "acme:parrot", "text": "previous.answer"}
    tree = changed("task", None, type="chain", text=None, steps=[parrot, again])
    tree["evaluators"] = {"said": {"type": "contains", "value": "output.answer", "text": "help"}}
    tree["evaluators"]["said"]["score"] = "polite"
    tree["scores"] = {"polite": {"data_type": "BOOLEAN"}}
    path = write(tmp_path / "project", tree)
    code, summary, errors = run(path, capsys)
    assert code == 0, errors
    assert summary["run"]["environment"]["distributions"]["acme-evals"] == "1.2.0"
    saved = path.with_name("plan.json")
    assert main(["plan", str(path), "--offline", "--output", str(saved)]) == 0
    (metadata,) = installed.glob("*.dist-info/METADATA")
    metadata.write_text(metadata.read_text().replace("1.2.0", "1.3.0"))
    code, _, errors = run(saved, capsys)
    assert code == 6
    for name in ("parrot", "again"):
        assert f"the step `{name}`: `acme-evals` is installed in version 1.3.0 instead of 1.2.0" in errors
    monkeypatch.setattr(sys, "path", [folder for folder in sys.path if folder != str(installed)])
    code, _, errors = run(saved, capsys)
    assert code == 6
    for name in ("parrot", "again"):
        assert f"the step `{name}`: no distribution that is installed here brings" in errors


def test_a_module_of_the_project_does_not_take_its_place(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "project", SPEC)
    (path.parent / "acme_evals").mkdir()
    for name in ("__init__", "toxicity", "tone", "parrot"):
        (path.parent / "acme_evals" / f"{name}.py").write_text("def repeat(text): return 'forged'\n")
    code, _, errors = run(path, capsys)
    assert code == 2
    assert "not what `acme-evals` installed" in errors


def evaluate(kind: str, own: dict[str, Any], loading: Loading, **more: Any) -> list[ScoreValue]:
    evaluator = EVALUATORS[kind].build({**PINNED, "fields": own, **more}, loading)
    subject = Subject(Item("1", "?", "expected", None), more.pop("output", "DARN it"), 2, 0, 1_000_000_000)
    found = evaluator(subject)
    assert evaluator.blocking is not inspect.isawaitable(found)
    if inspect.isawaitable(found):

        async def wait() -> Any:
            return await found

        return list(anyio.run(wait))
    return list(found)


@pytest.fixture
def loading(tmp_path: Path) -> Loading:
    return Loading(tmp_path, (tmp_path,), tmp_path / ".evalspec")


TONE = {"value": "output", "level": "formal"}


def test_what_a_function_gets_and_gives(installed: Path, loading: Loading) -> None:
    toxic = {"value": "output", "words": ["darn"]}
    assert evaluate("acme:toxicity", toxic, loading) == [ScoreValue(0.5, "", "darn")]
    # Keys that the spec does not name are left out; `remark` is the trial, from 1; it took one second.
    given = evaluate("acme:tone", TONE, loading, keys=["in_time", "remark"])
    assert given == [ScoreValue(True, "in_time"), ScoreValue(3, "remark")]
    # `score` alone is the first key. Without `strict` it is given as None.
    assert evaluate("acme:tone", TONE, loading) == [ScoreValue(False)]
    casual = {**TONE, "level": "casual"}
    assert evaluate("acme:tone", casual, loading) == [ScoreValue(True)]
    assert evaluate("acme:tone", {**casual, "strict": "1 == 1"}, loading) == [ScoreValue(False)]


def test_the_comment_is_kept_and_bad_data_fail(installed: Path, loading: Loading) -> None:
    with pytest.raises(EvaluationError) as failure:
        evaluate("acme:toxicity", {"value": "output.answer", "words": ["x"]}, loading)
    assert failure.value.kind == "missing_key"
    with pytest.raises(TypeError, match="only text"):
        evaluate("acme:toxicity", {"value": "1", "words": ["x"]}, loading)


def test_a_task(installed: Path, loading: Loading) -> None:
    task = TASKS["acme:parrot"].build({**PINNED, "fields": {"text": "input.q", "times": 2}}, loading)
    assert task.blocking
    assert task(Item("1", {"q": "hi"}, None, None), 0) == {"answer": "hi hi"}


WRONG: list[tuple[str, str, type[EvalspecError] | type[Exception]]] = [
    ("def toxicity(value, threshold): ...", "a plug-in is not given `threshold`", LoadError),
    ("def other(): ...", "has no `toxicity`", LoadError),
    ("toxicity = 3", "cannot be called", LoadError),
    ("import nothing_like_it", "it needs `nothing_like_it`", LoadError),
    ("def toxicity(value, seconds): ...", "a plug-in is not given `seconds`", LoadError),
    ("def toxicity(**all): return {'a': 1}", "invalid_result", EvaluationError),
    ("async def later(): ...\ndef toxicity(value): return later()", "invalid_result", EvaluationError),
]


@pytest.mark.parametrize(("code", "words", "error"), WRONG)
def test_functions_that_cannot_be_used(
    installed: Path, loading: Loading, code: str, words: str, error: type[Exception]
) -> None:
    (installed / "acme_evals" / "toxicity.py").write_text(code)
    with pytest.raises(error) as caught:
        evaluate("acme:toxicity", {"value": "output", "words": ["x"]}, loading)
    assert words in (caught.value.kind if isinstance(caught.value, EvaluationError) else str(caught.value))


def test_the_catalogue(installed: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluators"]) == 0
    text = capsys.readouterr().out
    assert text.index("custom") < text.index("plug-ins\n") < text.index("acme:tone")
    assert main(["evaluators", "acme:toxicity"]) == 0
    text = capsys.readouterr().out
    assert 'type = "acme:toxicity"' in text
    assert "it comes with `acme-evals`, here in version 1.2.0" in text
    assert main(["tasks"]) == 0
    assert "acme:parrot" in capsys.readouterr().out
    (installed / "acme_evals" / "tone.evalspec.json").write_text("{}")
    assert main(["evaluators", "--format", "json"]) == 0
    kinds = {kind["name"]: kind for kind in json.loads(capsys.readouterr().out)["kinds"]}
    assert kinds["acme:toxicity"]["gives"] == [
        {"key": key, "data_types": ["NUMERIC"], "min": 0.0, "max": 1.0} for key in ("",)
    ]
    assert kinds["acme:tone"]["summary"].startswith("Cannot be used: the description `tone.evalspec.json`")
    assert main(["evaluators", "acme:tune"]) == 2
    assert "did you mean `acme:tone`?" in capsys.readouterr().err


def test_an_expression_that_is_absent_changes_the_digest_of_nothing_else(
    installed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = changed("evaluators", "tone", scores=None, score="polite")
    code, summary, errors = run(write(tmp_path / "project", tree), capsys)
    assert code == 0, errors
    assert summary["scores"]["polite"]["scored"] == 2
