"""The ready-made rubrics, and what `evalspec rubrics` and `evalspec rubric show` say of them."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.cli import main
from evalspec.evaluators.verdicts import form_of
from evalspec.report.rubrics import rubric_toml
from evalspec.rubrics.library import find_rubric, load_rubric, rubric_versions
from evalspec.rubrics.model import Rubric
from tests.support.evaluator_cases import Case

ALL = [load_rubric(name, version) for name, versions in rubric_versions().items() for version in versions]
DIGESTS = Path(__file__).with_name("digests.json")


def as_spec_rubric(text: str, folder: Path) -> Rubric:
    """The rubric that a table of a spec is compiled to."""
    tables = tomllib.loads(text)["rubrics"]
    (name,) = tables
    resolving = Case("llm_judge", 1, {"rubrics": tables}).resolving(folder)
    found = resolving.rubric(("rubric",), name)
    assert found is not None
    return found


@pytest.mark.parametrize("rubric", ALL, ids=lambda rubric: rubric.reference)
def test_a_ready_made_rubric_is_whole(rubric: Rubric) -> None:
    assert rubric.title
    assert rubric.description.endswith(".")
    assert rubric.source
    named = set(re.findall(r"<(\w+)>", rubric.criteria))
    assert named == set(rubric.inputs), "the criteria name every input, and no other"
    form = form_of(rubric.scale, rubric.categories)
    if form.type == "label":
        assert all(f"\n{label}: " in rubric.criteria for label in form.labels)
        assert list(form.values) == sorted(form.values)
    if form.type == "number":
        numbers = range(int(form.low), int(form.high) + 1)
        assert all(f"\n{number}: " in rubric.criteria for number in numbers)


def test_a_version_never_changes() -> None:
    """Whoever changes a rubric makes a new version of it; a new one is entered here."""
    assert {rubric.reference: rubric.digest for rubric in ALL} == json.loads(DIGESTS.read_text())


@pytest.mark.parametrize("rubric", ALL, ids=lambda rubric: rubric.reference)
def test_what_is_shown_can_be_put_into_a_spec(rubric: Rubric, tmp_path: Path) -> None:
    assert as_spec_rubric(rubric_toml(rubric), tmp_path).digest == rubric.digest


texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(
    criteria=texts.filter(lambda text: "\r" not in text),
    steps=st.lists(texts, max_size=2),
    labels=st.lists(texts, min_size=2, max_size=3, unique=True),
    values=st.none() | st.lists(st.integers(-9, 9).map(float), min_size=3, max_size=3),
)
@settings(max_examples=80, deadline=None)
def test_any_rubric_can_be_put_into_a_spec(
    criteria: str, steps: list[str], labels: list[str], values: list[float] | None
) -> None:
    categories: Any = labels if values is None else dict(zip(labels, values, strict=False))
    rubric = Rubric(name="mine", criteria=criteria, steps=steps, categories=categories)
    (table,) = tomllib.loads(rubric_toml(rubric))["rubrics"].values()
    if isinstance(table["categories"], dict):
        table["categories"] = {label: float(value) for label, value in table["categories"].items()}
    assert Rubric(name="mine", **table).digest == rubric.digest


def test_which_way_is_better() -> None:
    lower = [rubric.name for rubric in ALL if rubric.direction != "higher"]
    assert lower == ["toxicity"]
    assert all(form_of(rubric.scale, rubric.categories).has_value for rubric in ALL if rubric.name in lower)


@pytest.mark.parametrize(
    ("table", "direction"),
    [
        ("", "lower"),
        ("scale = { min = 0, max = 10 }", "lower"),
        ('direction = "higher"', "higher"),
        ('categories = ["clean", "toxic"]', "higher"),
    ],
)
def test_a_direction_is_that_of_the_extended_rubric(table: str, direction: str, tmp_path: Path) -> None:
    found = as_spec_rubric(f'[rubrics.mine]\nextends = "toxicity@1"\n{table}\n', tmp_path)
    assert found.direction == direction


def test_names_and_versions() -> None:
    newest = find_rubric("correctness")
    assert newest is not None
    assert newest.version == rubric_versions()["correctness"][-1]
    assert find_rubric("correctness@1") == load_rubric("correctness", 1)
    for wrong in (
        "correctness@0",
        "correctness@01",
        "correctness@",
        "correctness@x",
        "nothing",
        "",
        "@1",
        "../x",
    ):
        assert find_rubric(wrong) is None


def test_the_digest_covers_what_a_judge_hears() -> None:
    base = Rubric(name="a", criteria="c", inputs={"output": "x"}, categories={"no": 0.0, "yes": 1.0})

    def changed(**fields: Any) -> str:
        return base.model_copy(update=fields).digest

    assert changed(name="b") == base.digest
    assert changed(title="t", description="d", source="s", version=3) == base.digest
    assert changed(inputs={"output": "in other words"}) == base.digest
    assert changed(categories={"yes": 1.0, "no": 0.0}) == base.digest
    different = [
        changed(criteria="d"),
        changed(steps=["s"]),
        changed(categories=["no", "yes"]),
        changed(categories=None),
        changed(direction="lower"),
        changed(inputs={"output": "x", "input": "y"}),
    ]
    assert len({base.digest, *different}) == 7


def listed(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[dict[str, Any]]:
    assert main([*arguments, "--format", "json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["evalspec_catalogue"] == 1
    rubrics: list[dict[str, Any]] = found["rubrics"]
    return rubrics


def test_listing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rubrics"]) == 0
    text = capsys.readouterr().out
    newest = [find_rubric(name) for name in rubric_versions()]
    entries = listed(capsys, "rubrics")
    assert [(one["name"], one["version"], one["digest"]) for one in entries] == [
        (rubric.name, rubric.version, rubric.digest) for rubric in newest if rubric is not None
    ]
    words = " ".join(text.split())
    for one in entries:
        assert f"{one['name']}@{one['version']} " in text
        assert one["versions"] == list(rubric_versions()[one["name"]])
        assert f"Inputs: {', '.join(one['inputs'])}." in words
        for score in one["gives"]:
            assert f"{score['key']} {score['data_types'][0]}" in text
    assert "Verdict: one of disagrees, less, more, differs, same; higher is better." in words
    assert "Verdict: a whole number from 0 to 3; lower is better." in words


def test_looking_at_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rubrics", "faithfulness"]) == 0
    text = capsys.readouterr().out
    assert text.startswith("faithfulness@1\n")
    (entry,) = listed(capsys, "rubrics", "faithfulness@1")
    assert entry["gives"] == [{"key": "value", "data_types": ["NUMERIC"], "min": 1.0, "max": 5.0}]
    words = " ".join(text.split())
    for shown in (
        entry["title"],
        entry["description"],
        entry["source"],
        entry["digest"],
        *entry["steps"],
        *entry["inputs"].values(),
        *entry["criteria"].split("\n"),
        "value NUMERIC from 1 to 5",
        "higher is better",
        "evalspec rubric show faithfulness@1",
    ):
        assert " ".join(shown.split()) in words
    assert entry["direction"] == "higher"
    (entry,) = listed(capsys, "rubrics", "tone")
    assert (entry.get("direction"), entry["gives"]) == (None, [{"key": "passed", "data_types": ["BOOLEAN"]}])


def test_showing_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rubric", "show", "correctness@1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("# correctness@1: Correctness. ")
    assert tomllib.loads(out)["rubrics"]["correctness"]["criteria"] == load_rubric("correctness", 1).criteria
    assert listed(capsys, "rubric", "show", "correctness") == listed(capsys, "rubrics", "correctness@1")
