from typing import Any

import pytest

from evalspec.langfuse_io.client import LangfuseRefused, SyncClient
from evalspec.langfuse_io.preflight import objections
from evalspec.langfuse_io.score_configs import ScoreConfigs, verify_score_configs
from evalspec.langfuse_io.settings import LangfuseSettings
from evalspec.plan.model import PlanScore
from tests.emulator.faults import FaultRule
from tests.emulator.handle import EmulatorServer
from tests.langfuse_io.helpers import SCORES, default_plan, settings_for
from tests.support.plans import make_score


def verify(server: EmulatorServer, scores: dict[str, PlanScore]) -> ScoreConfigs:
    with SyncClient(settings_for(server)) as client:
        return verify_score_configs(client, scores)


def add(server: EmulatorServer, **body: Any) -> str:
    with server.client() as http:
        found: str = http.post("/api/public/score-configs", json=body).raise_for_status().json()["id"]
    return found


def test_missing_configs_are_created_once(either_emulator: EmulatorServer) -> None:
    scores = {**SCORES, "said": make_score("TEXT"), "described": make_score(description="how well")}
    first = verify(either_emulator, scores)
    second = verify(either_emulator, scores)

    assert first.created == tuple(scores)
    assert second.created == ()
    assert second.by_score == first.by_score
    assert first.mismatches == second.mismatches == ()
    tone = second.by_score["tone"]
    assert (tone.data_type, tone.categories) == ("CATEGORICAL", (("kind", 1.0), ("rude", 0.0)))
    assert (second.by_score["close"].min, second.by_score["close"].max) == (0, 1)


def test_a_run_that_could_not_be_published_is_objected_to(emulator: EmulatorServer) -> None:
    plan = default_plan(1)
    assert objections(settings_for(emulator), plan) == []
    add(emulator, name="close", dataType="BOOLEAN")
    assert "it is BOOLEAN, the plan says NUMERIC" in objections(settings_for(emulator), plan)[0]
    assert emulator.admin.counters()["requests"]["POST /api/public/score-configs 200"] == 1


def test_a_server_that_is_down_has_no_objections(emulator: EmulatorServer) -> None:
    emulator.admin.set_faults(FaultRule(status=503))
    assert objections(settings_for(emulator), default_plan(1)) == []
    emulator.admin.set_faults()
    wrong = LangfuseSettings(emulator.base_url, emulator.public_key, "sk-lf-wrong")
    with pytest.raises(LangfuseRefused, match="refused the keys"):
        objections(wrong, default_plan(1))


@pytest.mark.parametrize(
    ("body", "score", "words"),
    [
        ({"dataType": "BOOLEAN"}, make_score(), "it is BOOLEAN, the plan says NUMERIC"),
        (
            {"dataType": "NUMERIC", "minValue": 0.5},
            make_score(min=0.0),
            "its minimum is 0.5, the plan says 0",
        ),
        ({"dataType": "NUMERIC", "maxValue": 1}, make_score(), "its maximum is 1, the plan says none"),
        (
            {"dataType": "CATEGORICAL", "categories": [{"label": "a", "value": 1}]},
            make_score("CATEGORICAL", categories={"a": 1.0, "b": 2.0}),
            "it has no category `b`",
        ),
        (
            {"dataType": "CATEGORICAL", "categories": [{"label": "a", "value": 3}]},
            make_score("CATEGORICAL", categories={"a": 1.0}),
            "its category `a` has the value 3, the plan says 1",
        ),
    ],
)
def test_a_config_that_differs_is_reported(
    emulator: EmulatorServer, body: dict[str, Any], score: PlanScore, words: str
) -> None:
    existing = add(emulator, name="x", **body)
    found = verify(emulator, {"x": score})

    assert found.by_score["x"].id == existing
    assert found.created == ()
    assert any(words in mismatch for mismatch in found.mismatches)


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ({"dataType": "NUMERIC"}, make_score(min=0.0, max=1.0)),
        ({"dataType": "NUMERIC", "minValue": -1, "maxValue": 2}, make_score(min=0.0, max=1.0)),
        (
            {
                "dataType": "CATEGORICAL",
                "categories": [{"label": "a", "value": 1}, {"label": "b", "value": 2}],
            },
            make_score("CATEGORICAL", categories={"a": 1.0}),
        ),
    ],
)
def test_a_wider_config_fits(emulator: EmulatorServer, body: dict[str, Any], score: PlanScore) -> None:
    add(emulator, name="x", **body)

    assert verify(emulator, {"x": score}).mismatches == ()


def test_of_configs_with_one_name_the_oldest_that_fits_is_taken(emulator: EmulatorServer) -> None:
    add(emulator, name="x", dataType="BOOLEAN")
    fitting = add(emulator, name="x", dataType="NUMERIC")
    add(emulator, name="x", dataType="NUMERIC")
    found = verify(emulator, {"x": make_score()})

    assert found.by_score["x"].id == fitting
    assert found.mismatches == ()
    assert "3 score configs named `x`; the oldest that fits is used" in found.notes[0]


def test_archived_configs_do_not_count(emulator: EmulatorServer) -> None:
    old = add(emulator, name="x", dataType="NUMERIC")
    with emulator.client() as http:
        http.patch(f"/api/public/score-configs/{old}", json={"isArchived": True}).raise_for_status()
    found = verify(emulator, {"x": make_score()})

    assert found.created == ("x",)
    assert found.by_score["x"].id != old


def test_many_configs_are_all_looked_at(emulator: EmulatorServer) -> None:
    wanted = add(emulator, name="x", dataType="NUMERIC")
    for number in range(120):
        add(emulator, name=f"other {number}", dataType="NUMERIC")

    assert verify(emulator, {"x": make_score()}).by_score["x"].id == wanted


def test_a_config_that_cannot_be_created_is_reported(emulator: EmulatorServer) -> None:
    found = verify(emulator, {"x": make_score("CATEGORICAL", categories={})})

    assert "x" not in found.by_score
    assert "could not be created" in found.mismatches[0]
