"""`evalspec check` and `evalspec plan` as commands: many specs, formats, exit codes."""

import json
from pathlib import Path

import pytest

from evalspec.cli import main
from evalspec.plan.document import load_plan
from tests.compiler.project import SPEC, changed, compiled, digests, write_project, write_spec


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_project(tmp_path)


def place(project: Path, where: str, **changes: object) -> None:
    """A spec at a place of its own, looking for its files from there."""
    spec = write_spec(project, changed(SPEC, {f"/{key}": value for key, value in changes.items()}))
    path = project / where
    path.parent.mkdir(parents=True, exist_ok=True)
    up = "../" * (len(Path(where).parts) - 1)
    path.write_text(spec.read_text().replace("data/refunds", f"{up}data/refunds"))
    spec.unlink()


def test_a_folder_stands_for_all_specs_below_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place(project, "a.evalspec.json")
    place(project, "specs/deep/b.evalspec.json")
    place(project, "specs/wrong.evalspec.json", name=1)
    place(project, ".hidden/never.evalspec.json", name=1)
    place(project, "specs/other.json", name=1)
    assert main(["check", "."]) == 2
    out = capsys.readouterr().out
    assert out.count("error[") == 1
    assert "specs/wrong.evalspec.json:" in out
    assert main(["check", "a.evalspec.json", "specs/deep"]) == 0
    assert capsys.readouterr().out == "2 specs: nothing to complain about\n"
    assert main(["check", "specs/other.json"]) == 2


def test_a_folder_without_specs_is_a_mistake_of_the_command_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "data"]) == 2
    assert "there is no *.evalspec.toml or *.evalspec.json below data" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [["check"], ["check", "--format", "xml", "."], ["plan"], ["plan", "a", "b"]]
)
def test_wrong_command_lines(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert capsys.readouterr().out == ""


def test_warnings_do_not_fail(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scores = {**SPEC["scores"], "polite": {"data_type": "BOOLEAN"}}
    write_spec(project, changed(SPEC, {"/scores": scores}))
    assert main(["check", "spec.evalspec.json"]) == 0
    assert "1 warning" in capsys.readouterr().out


def test_every_format_says_the_same(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_spec(project, changed(SPEC, {"/name": "not a name", "/evaluators/close/score": "similarty"}))
    shown = {}
    for output in ("text", "json", "github", "sarif"):
        assert main(["check", "--format", output, "spec.evalspec.json"]) == 2
        captured = capsys.readouterr()
        assert captured.err == ""
        shown[output] = captured.out
    tree = json.loads(shown["json"])
    assert tree["summary"] == {"errors": 2, "warnings": 0, "notes": 0}
    codes = {item["code"] for item in tree["diagnostics"]}
    assert codes == {"invalid-name", "unknown-score"}
    lines = {item["location"]["start"]["line"] for item in tree["diagnostics"]}
    (run,) = json.loads(shown["sarif"])["runs"]
    assert {result["ruleId"] for result in run["results"]} == codes
    assert {
        result["locations"][0]["physicalLocation"]["region"]["startLine"] for result in run["results"]
    } == lines
    assert shown["github"].count("::error file=spec.evalspec.json,line=") == 2
    assert all(f"error[{code}]" in shown["text"] for code in codes)


@pytest.mark.parametrize("output", ["json", "sarif"])
def test_nothing_wrong_is_a_document_too(
    project: Path, output: str, capsys: pytest.CaptureFixture[str]
) -> None:
    write_spec(project, SPEC)
    assert main(["check", "--format", output, "spec.evalspec.json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out), dict)


def test_plan_shows_or_writes(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = write_spec(project, SPEC, "toml")
    assert main(["plan", spec.name]) == 0
    overview = capsys.readouterr()
    assert "refunds" in overview.out
    assert overview.err == ""
    assert main(["plan", spec.name, "--format", "json"]) == 0
    printed = load_plan(capsys.readouterr().out)
    assert main(["plan", spec.name, "-o", "plan.json"]) == 0
    assert capsys.readouterr().out == ""
    assert load_plan((project / "plan.json").read_bytes()) == printed
    assert digests(printed) == digests(compiled(spec))


def test_plan_of_a_wrong_spec_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_spec(project, changed(SPEC, {"/name": 7}))
    assert main(["plan", "spec.evalspec.json", "-o", "plan.json"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "error[wrong-type]" in captured.err
    assert not (project / "plan.json").exists()


def test_a_server_that_does_not_answer_is_no_mistake_of_the_spec(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LANGFUSE_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("LANGFUSE_PUBLIC_KEY", "pk-lf-0")
    monkeypatch.setenv("LANGFUSE_SECRET_KEY", "sk-lf-0")
    write_spec(project, changed(SPEC, {"/dataset": {"type": "langfuse", "name": "refunds"}}))
    assert main(["check", "spec.evalspec.json"]) == 0
    assert main(["plan", "spec.evalspec.json"]) == 5
    assert main(["plan", "--offline", "spec.evalspec.json"]) == 2
    assert "sk-lf-0" not in "".join(capsys.readouterr())
