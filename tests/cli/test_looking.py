"""`runs`, `show`, `explain`, `schema`: looking at what was recorded."""

import pytest

from evalspec.journal.ids import score_id
from tests.cli.conftest import ITEMS, Project


@pytest.fixture
def ran(project: Project) -> str:
    """The id of a run that one item failed."""
    project.items([*ITEMS, ("Atlantis", "Poseidonis")])
    run_id: str = project("run", "capitals.evalspec.toml", "--format", "json").json["run"]["id"]
    return run_id


def test_runs_are_listed_newest_first(project: Project, ran: str) -> None:
    newer = project("run", "capitals.evalspec.toml", "--format", "json").json["run"]["id"]
    listed = [entry["id"] for entry in project("runs", "--format", "json").json["runs"]]
    assert sorted(listed, reverse=True) == listed
    assert set(listed) == {ran, newer}
    assert ran in project("runs").out


def test_show_lists_items_and_filters_them(project: Project, ran: str) -> None:
    failed = project("show", ran, "--failed", "--format", "json").json
    assert [item["item"] for item in failed["results"]["items"]] == ["atlantis"]
    wrong = project("show", "latest", "--below", "correct=1", "--format", "json").json
    assert [item["item"] for item in wrong["results"]["items"]] == ["germany"]
    assert "KeyError" in project("show", ran, "--item", "atlantis").out


def test_show_says_what_is_not_there(project: Project, ran: str) -> None:
    printed = project("show", ran, "--item", "germny")
    assert printed.code == 2
    assert "did you mean `germany`?" in printed.err
    assert project("show", "20000101").code == 2


FACTS = (
    "dataset", "version", "item", "run", "trial", "task", "evaluator", "score_config", "trace",
    "mode", "source",
)  # fmt: skip


def test_explain_names_every_link_and_where_it_came_from(project: Project, ran: str) -> None:
    explanation = project("explain", f"{ran}:germany:correct", "--format", "json").json
    for fact in FACTS:
        assert explanation[fact]["value"]
        assert explanation[fact]["origin"]
    for fact in ("dataset", "item", "run", "task", "evaluator", "score_config"):
        assert explanation[fact]["digest"].startswith("sha256:")
    text = project("explain", f"{ran}:germany:correct").out
    assert explanation["task"]["digest"] in text
    assert explanation["trace"]["value"] in text


def test_explain_takes_the_id_that_a_score_has_in_langfuse(project: Project, ran: str) -> None:
    wanted = score_id(ran, "france", 0, "similarity")
    explanation = project("explain", wanted, "--format", "json").json
    assert explanation["score"]["id"] == wanted
    assert explanation["score"]["name"] == "similarity"
    assert explanation["item"]["value"] == "france"


def test_explain_tells_of_missing_and_run_level_scores(project: Project, ran: str) -> None:
    missing = project("explain", "latest:atlantis:correct", "--format", "json").json
    assert missing["score"]["status"] == "failed"
    assert missing["score"]["failure"]["type"] == "KeyError"
    accuracy = project("explain", "latest:accuracy", "--format", "json").json
    assert accuracy["score"]["value"] == 0.75
    assert accuracy["score"]["level"] == "run"


@pytest.mark.parametrize("reference", ["latest:germany:corect", "latest:acuracy", "feedface", "nope:a:b"])
def test_explain_refuses_what_is_not_there(project: Project, ran: str, reference: str) -> None:
    printed = project("explain", reference)
    assert printed.code == 2
    assert printed.err.startswith("error: ")
    assert "internal" not in printed.err


def test_schema_writes_and_checks(project: Project) -> None:
    assert project("schema", "published", "--check").code == 1
    assert project("schema", "published").code == 0
    assert project("schema", "published", "--check").code == 0
    path = project.folder / "published" / "evalspec.v1.schema.json"
    path.write_text(path.read_text().replace("levenshtein", "levenstein", 1))
    printed = project("schema", "published", "--check")
    assert printed.code == 1
    assert "levenstein" in printed.out
    assert "evalspec schema published" in printed.err
