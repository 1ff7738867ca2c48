"""TOML and JSON are two spellings of one tree; what only people read, and the layout, change nothing."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalspec.plan.document import dump_plan, load_plan
from evalspec.plan.model import Plan
from tests.compiler.generating import specs
from tests.compiler.project import SPEC, changed, checked, compiled, digests, write_project, write_spec

SEEDS = st.integers(0, 2**32)


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield write_project(Path(folder).resolve())


def without_place(plan: Plan) -> Plan:
    """A plan but for the name of its spec's file. Plans are equal whatever the order of their tables."""
    assert plan.spec is not None
    return plan.model_copy(update={"spec": plan.spec.model_copy(update={"path": "spec"})})


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(specs(), SEEDS)
def test_toml_and_json_give_the_same_plan(shared: Path, tree: dict[str, Any], seed: int) -> None:
    toml = compiled(write_spec(shared, tree, "toml", seed))
    assert without_place(compiled(write_spec(shared, tree, "json", seed))) == without_place(toml)
    assert without_place(compiled(write_spec(shared, tree, "toml", seed + 1))) == without_place(toml)
    assert load_plan(dump_plan(toml)) == toml


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(specs(), st.randoms(use_true_random=False))
def test_the_order_of_keys_decides_nothing(shared: Path, tree: dict[str, Any], random: Any) -> None:
    def shuffled(value: Any) -> Any:
        if isinstance(value, dict):
            keys = list(value)
            random.shuffle(keys)
            return {key: shuffled(value[key]) for key in keys}
        return [shuffled(child) for child in value] if isinstance(value, list) else value

    first = compiled(write_spec(shared, tree))
    assert digests(compiled(write_spec(shared, shuffled(tree)))) == digests(first)


MOMENTS = [
    ("2026-11-01T12:00:00Z", "2026-11-01T12:00:00Z"),
    ("2026-11-01 12:00:00.250+02:00", "2026-11-01T12:00:00.25+02:00"),
    ("2026-11-01T12:00:00", "2026-11-01T12:00:00"),
    ("2026-11-01", "2026-11-01"),
    ("07:32:00", "07:32:00"),
]


WITH_MOMENTS = """
evalspec = 1
name = "moments"
task = { type = "python", callable = "parcels.assistant:answer" }
scores.correct.data_type = "BOOLEAN"
evaluators.exact = { type = "exact_match", score = "correct" }
run.metadata = { since = MOMENT }

[[dataset.items]]
id = "a"
input = { when = MOMENT }
metadata = [MOMENT, { again = MOMENT }]

[dataset]
type = "inline"
"""


@pytest.mark.parametrize(("native", "text"), MOMENTS)
def test_native_dates_and_times_equal_their_text(tmp_path: Path, native: str, text: str) -> None:
    spec = write_project(tmp_path) / "spec.evalspec.toml"
    spec.write_text(WITH_MOMENTS.replace("MOMENT", native))
    as_moment = compiled(spec)
    assert as_moment.run.metadata == {"since": text}
    spec.write_text(WITH_MOMENTS.replace("MOMENT", f'"{text}"'))
    assert dump_plan(compiled(spec)) == dump_plan(as_moment)
    tree = tomllib.loads(spec.read_text())
    assert digests(compiled(write_spec(tmp_path, tree))) == digests(as_moment)


def test_a_hosted_version_may_be_a_native_time(tmp_path: Path) -> None:
    spec = write_project(tmp_path) / "spec.evalspec.toml"
    text = WITH_MOMENTS.replace("MOMENT", "1").partition("[[dataset.items]]")[0]
    for version in ("2026-11-01T12:00:00Z", '"2026-11-01T12:00:00Z"'):
        spec.write_text(f'{text}[dataset]\ntype = "langfuse"\nname = "d"\nversion = {version}\n')
        assert checked(spec) == ()


FOR_PEOPLE: dict[str, dict[str, Any]] = {
    "description": {"/description": "About refunds."},
    "tags": {"/tags": ["shop", "refunds"]},
    "schema": {"/$schema": "../schemas/evalspec.v1.schema.json"},
    "descriptions of parts": {
        f"{pointer}/description": "Said for people."
        for pointer in (
            "/dataset",
            "/task",
            "/scores/correct",
            "/evaluators/exact",
            "/aggregates/accuracy",
            "/gates/good_enough",
        )
    },
}
DEFAULTS: dict[str, dict[str, Any]] = {
    "limits": {"/limits": {"concurrency": 8, "retries": 0}},
    "empty limits": {"/limits": {}},
    "run": {"/run": {"metadata": {}}},
    "no tags": {"/tags": []},
    "repeats": {"/task/repeats": 1},
    "files and env": {"/task/files": [], "/task/env": []},
    "expressions": {"/evaluators/close/ignore_case": False},
    "direction": {"/scores/correct/direction": "higher", "/scores/tone/direction": "higher"},
    "on task failure": {"/scores/correct/on_task_failure": "missing"},
    "time as a number": {"/task/timeout": 30},
    "time as a fraction": {"/task/timeout": "0.5m"},
    "number as a fraction": {"/scores/similarity/max": 1.0, "/gates/good_enough/min": 0.80},
}


@pytest.mark.parametrize("name", [*FOR_PEOPLE, *DEFAULTS])
def test_what_says_nothing_new_is_in_no_digest(tmp_path: Path, name: str) -> None:
    write_project(tmp_path)
    plain = digests(compiled(write_spec(tmp_path, SPEC)))
    tree = changed(SPEC, (FOR_PEOPLE | DEFAULTS)[name])
    assert digests(compiled(write_spec(tmp_path, tree))) == plain
    assert digests(compiled(write_spec(tmp_path, tree, "toml"))) == plain


def test_a_schema_comment_is_no_part_of_the_spec(tmp_path: Path) -> None:
    write_project(tmp_path)
    spec = write_spec(tmp_path, SPEC, "toml")
    plain = dump_plan(compiled(spec))
    spec.write_bytes(b"#:schema ../schemas/evalspec.v1.schema.json\n\n" + spec.read_bytes())
    assert dump_plan(compiled(spec)) == plain


def test_the_same_plan_in_every_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plans = []
    for place in ("here/project", "somewhere else/ünterwegs"):
        root = tmp_path / place
        root.mkdir(parents=True)
        write_project(root)
        spec = write_spec(root, SPEC, "toml")
        monkeypatch.chdir(tmp_path)
        plans.append(dump_plan(compiled(spec)))
        plans.append(dump_plan(compiled(spec.relative_to(tmp_path))))
        monkeypatch.chdir(root)
        plans.append(dump_plan(compiled(Path("spec.evalspec.toml"))))
        monkeypatch.chdir(root / "data")
        plans.append(dump_plan(compiled(Path("../spec.evalspec.toml"), environ={"HOME": place})))
    assert len(set(plans)) == 1
    assert str(tmp_path).encode() not in plans[0]
