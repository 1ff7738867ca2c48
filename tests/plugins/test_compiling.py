"""Plug-ins in specs: found, checked at the right place, pinned; never imported."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from evalspec.api.compiling import check, compile_with_diagnostics
from evalspec.diagnostics import Diagnostic
from evalspec.evaluators import EVALUATORS
from evalspec.kinds.plugins.errors import PluginError
from evalspec.plan.model import Plan
from evalspec.schema.build import kind_schema, spec_schema
from tests.plugins.project import SPEC, Json, changed, write

AUDITED = Path(__file__).parents[1] / "compiler" / "audited_check.py"


def found(root: Path, tree: Json) -> list[Diagnostic]:
    return list(check(write(root, tree), root=root).diagnostics)


def plan(root: Path, tree: Json = SPEC) -> Plan:
    made, diagnostics = compile_with_diagnostics(write(root, tree), root=root, offline=True)
    assert made is not None, diagnostics
    return made


def chained(step: Json) -> Json:
    """The spec with a chain of one step for a task."""
    steps = [{"name": "parrot", "type": "acme:parrot", **step}]
    return changed("task", None, type="chain", text=None, steps=steps)


def test_a_spec_with_plugins_is_sound_and_nothing_is_imported(installed: Path, tmp_path: Path) -> None:
    assert found(tmp_path / "project", SPEC) == []
    assert not any(name.startswith("acme_evals") for name in sys.modules)


def test_check_runs_nothing_of_a_plugin(installed: Path, tmp_path: Path) -> None:
    """Under a hook that ends the process when anything below the folder of the plug-in is run."""
    project = tmp_path / "project"
    write(project, SPEC)
    for module in installed.rglob("*.py"):
        module.write_text("import pathlib\npathlib.Path(__file__).with_name('executed').touch()\n")
    program = (
        f"import sys; sys.path[:0] = [{str(installed)!r}, {str(AUDITED.parent)!r}]; import audited_check; "
        f"sys.argv = ['check', {str(tmp_path)!r}, 'project']; sys.exit(audited_check.main())"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert [*tmp_path.rglob("executed")] == []
    mistaken = changed("evaluators", "toxicity", words=[])
    write(project, mistaken)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "out-of-range" in done.stdout


MISTAKES: list[tuple[Json, str, str, str]] = [
    (changed("evaluators", "toxicity", wrods=["x"]), "unknown-field", "/evaluators/toxicity/wrods", "words"),
    (changed("evaluators", "toxicity", words="x"), "wrong-type", "/evaluators/toxicity/words", "a list"),
    (
        changed("evaluators", "toxicity", words=["x", 1]),
        "wrong-type",
        "/evaluators/toxicity/words/1",
        "string",
    ),
    (
        changed("evaluators", "toxicity", value="output."),
        "expression-syntax",
        "/evaluators/toxicity/value",
        "",
    ),
    (
        changed("evaluators", "toxicity", value="outptu"),
        "undefined-name",
        "/evaluators/toxicity/value",
        "output",
    ),
    (changed("evaluators", "toxicity", score=None), "missing-field", "/evaluators/toxicity", "score"),
    (changed("evaluators", "tone", value=None), "missing-field", "/evaluators/tone", "value"),
    (changed("evaluators", "tone", value=3), "wrong-type", "/evaluators/tone/value", "a string"),
    (changed("evaluators", "tone", level="formel"), "wrong-value", "/evaluators/tone/level", "formal"),
    (changed("evaluators", "tone", limits={}), "missing-field", "/evaluators/tone/limits", "loudness"),
    (
        changed("evaluators", "tone", limits={"loudness": 0.5, "laodness": 1}),
        "unknown-field",
        "/evaluators/tone/limits/laodness",
        "loudness",
    ),
    (
        changed("evaluators", "tone", limits={"loudness": 2}),
        "out-of-range",
        "/evaluators/tone/limits/loudness",
        "at most 1",
    ),
    (
        changed("evaluators", "tone", scores={"polit": "polite"}),
        "unknown-field",
        "/evaluators/tone/scores/polit",
        "polite",
    ),
    (changed("evaluators", "tone", scores={"polite": "loud"}), "data-type-mismatch", "/evaluators/tone", ""),
    (changed("evaluators", "tone", score="loud", scores=None), "data-type-mismatch", "/evaluators/tone", ""),
    (changed("task", None, times=0), "out-of-range", "/task/times", "at least 1"),
    (changed("task", None, txet="x"), "unknown-field", "/task/txet", ""),
    (changed("task", None, text="output"), "undefined-name", "/task/text", ""),
    (changed("task", None, type="acme:toxicity"), "unknown-plugin", "/task/type", "acme:parrot"),
    (chained({"text": "outptu"}), "undefined-name", "/task/steps/0/text", "input"),
    (chained({"text": "1", "tmes": 2}), "unknown-field", "/task/steps/0/tmes", "times"),
    (chained({"type": "acme:porrat"}), "unknown-plugin", "/task/steps/0/type", "acme:parrot"),
    (changed("evaluators", "tone", type="acme:tune"), "unknown-plugin", "/evaluators/tone/type", "acme:tone"),
]


@pytest.mark.parametrize(("tree", "code", "pointer", "words"), MISTAKES)
def test_mistakes(installed: Path, tmp_path: Path, tree: Json, code: str, pointer: str, words: str) -> None:
    (first, *_) = [item for item in found(tmp_path / "project", tree) if item.code == code]
    assert first.pointer is not None
    assert first.pointer.startswith(pointer)
    assert words in " ".join((first.message, first.expected or "", first.suggestion or ""))


def test_a_plan_names_distribution_and_version(installed: Path, tmp_path: Path) -> None:
    made = plan(tmp_path / "project")
    fields = made.evaluators["toxicity"].fields
    assert fields["distribution"] == {"name": "acme-evals", "version": "1.2.0"}
    assert fields["entry_point"] == "acme_evals.toxicity:toxicity"
    assert fields["fields"] == {"value": "output.answer", "words": ["blast", "darn"]}
    assert made.evaluators["toxicity"].scores == {"": "toxic"}
    assert made.evaluators["tone"].fields["keys"] == ["loudness", "polite"]
    assert made.task.fields["fields"] == {"text": "input.question", "times": 1}
    assert str(tmp_path) not in made.model_dump_json()


def _describe(installed: Path, kind: str, **changes: Any) -> None:
    path = installed / "acme_evals" / f"{kind}.evalspec.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_what_the_digest_covers(installed: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"

    def digests(tree: Json = SPEC) -> tuple[str, str]:
        made = plan(project, tree)
        return made.evaluators["toxicity"].digest, made.task.digest

    before = digests()
    # A default that is written out is none.
    assert digests(changed("evaluators", "toxicity", words=["blast", "darn"])) == before
    assert digests(changed("evaluators", "toxicity", words=["darn"]))[0] != before[0]
    assert digests(changed("task", None, times=2))[1] != before[1]
    _describe(installed, "toxicity", **{"$schema": "elsewhere"})
    assert digests() == before
    _describe(installed, "toxicity", summary="Another text.")
    after = digests()
    assert (after[0] != before[0], after[1] == before[1]) == (True, True)
    _describe(installed, "toxicity", semantics=2)
    assert digests()[0] not in (before[0], after[0])
    (metadata,) = installed.glob("*.dist-info/METADATA")
    metadata.write_text(metadata.read_text().replace("1.2.0", "1.2.1"))
    assert digests()[1] != before[1]


BROKEN = [
    ({"evalspec_kind": 2}, "`evalspec_kind` is not 1"),
    ({"type": "acme:other"}, "it describes `acme:other`"),
    ({"sumary": "x"}, "`sumary`"),
    ({"summary": ""}, "`summary`"),
    ({"fields": {"type": "array"}}, "is not the schema of an object"),
    ({"fields": {"properties": {"words": {"type": "text", "description": "x"}}}}, "is not a JSON Schema"),
    ({"fields": {"properties": {"x": {"description": "x", "$ref": "http://x"}}}}, "has a reference"),
    ({"fields": {"properties": {"x": {"type": "string"}}}}, "`x` has no description"),
    ({"fields": {"properties": {"score": {"description": "x"}}}}, "`score` has a meaning already"),
    ({"fields": {"properties": {"model_dump": {"description": "x"}}}}, "cannot be the name of a field"),
    ({"fields": {"properties": {}, "required": ["x"]}, "expressions": []}, "`x` is not among its fields"),
    ({"expressions": ["words"]}, "its `type` must be `string`"),
    ({"scores": {}}, "an evaluator needs `scores`"),
    ({"scores": {"": {"data_types": ["BOOL"]}}}, "`scores..data_types.0`"),
    ({"scores": {"": {"data_types": ["NUMERIC"], "min": 0}}}, "only one of `min` and `max`"),
    ({"scores": {"": {"data_types": ["NUMERIC"]}, "x": {"data_types": ["TEXT"]}}}, "key of a score is empty"),
    ({"example": "[evaluators.x]\ntype = 3"}, "its `example` is no table"),
    ({"example": "= ="}, "its `example` is no table"),
    ({"semantics": 1e300}, "`semantics`"),
]


@pytest.mark.parametrize(("change", "words"), BROKEN)
def test_descriptions_that_cannot_be_used(installed: Path, tmp_path: Path, change: Json, words: str) -> None:
    _describe(installed, "toxicity", **change)
    (first,) = [item for item in found(tmp_path / "project", SPEC) if item.code == "broken-plugin"]
    assert first.pointer == "/evaluators/toxicity/type"
    assert words in first.message
    assert str(tmp_path) not in first.message


def test_a_task_has_no_field_of_the_name_that_steps_have(installed: Path, tmp_path: Path) -> None:
    _describe(installed, "parrot", fields={"properties": {"name": {"description": "x"}}}, expressions=[])
    (first,) = [item for item in found(tmp_path / "project", SPEC) if item.code == "broken-plugin"]
    assert "`name` has a meaning already" in first.message


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "\ufeff{}", "[" * 100_000, '{"evalspec_kind": NaN}'])
def test_files_that_are_no_description(installed: Path, text: str) -> None:
    (installed / "acme_evals" / "toxicity.evalspec.json").write_text(text)
    with pytest.raises(PluginError) as caught:
        EVALUATORS["acme:toxicity"]
    assert caught.value.code == "broken-plugin"


def test_a_description_that_is_not_there(installed: Path) -> None:
    (installed / "acme_evals" / "toxicity.evalspec.json").unlink()
    with pytest.raises(PluginError, match="`acme-evals` has no file `acme_evals/toxicity"):
        EVALUATORS["acme:toxicity"]


def test_two_distributions_with_one_name(installed: Path) -> None:
    other = installed / "other-1.dist-info"
    other.mkdir()
    (other / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1\n")
    (other / "entry_points.txt").write_text("[evalspec.evaluators]\nacme:toxicity = other:f\n")
    with pytest.raises(PluginError, match="brought by `acme-evals` and by `other`"):
        EVALUATORS["acme:toxicity"]


def test_a_registry_lists_no_plugins(installed: Path) -> None:
    assert "acme:toxicity" in EVALUATORS
    assert "acme:nothing" not in EVALUATORS
    assert "acme:toxicity" not in list(EVALUATORS)


def test_the_published_schemas(installed: Path) -> None:
    """The one of descriptions takes the example's, the one of specs takes any table of a plug-in."""
    kinds = Draft7Validator(kind_schema())
    for path in installed.rglob("*.evalspec.json"):
        assert [error.message for error in kinds.iter_errors(json.loads(path.read_text()))] == []
    assert not kinds.is_valid({"evalspec_kind": 1, "type": "toxicity", "summary": "x", "fields": {}})
    specs = Draft7Validator(spec_schema())
    assert specs.is_valid(SPEC)
    assert specs.is_valid(chained({"text": "input.question"}))
    assert not specs.is_valid(chained({"type": "parrot"}))
    for wrong in ("toxicity", "acme:", ":x", "Acme:x", "a b:c", 3):
        assert not specs.is_valid(changed("evaluators", "toxicity", type=wrong)), wrong
        assert not specs.is_valid(changed("task", None, type=wrong)), wrong
    assert not specs.is_valid({**SPEC, "dataset": {"type": "acme:rows"}})
