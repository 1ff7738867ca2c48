"""The bytes of spans: the same for the same journal, and what the server's own SDK would have written."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from evalspec.journal import ids
from evalspec.journal.journal import Journal
from evalspec.journal.records import EvaluationRecord, EvaluationStatus, Failure, SpanRecord, TrialRecord
from evalspec.langfuse_io.encode import SHOWN_INPUT, RequestEncoder, SpanEncoder
from evalspec.langfuse_io.experiment import Experiment, HostedSource, experiment_of
from evalspec.plan.model import Plan
from evalspec.plan.values import Item
from tests.emulator import otlp
from tests.langfuse_io.helpers import (
    RUN_ID,
    Records,
    completed,
    default_plan,
    failed_records,
    recorded_run,
    records_of,
)
from tests.support.plans import make_items

HOSTED = HostedSource("ds-1", "capitals", "2026-11-23T06:32:23.445Z", pushed=True)


def body_of(journal: Journal, plan: Plan, dataset: HostedSource | None = None, extra: Any = None) -> bytes:
    encoder = SpanEncoder(experiment_of(journal.header, plan, dataset, extra), plan)
    return RequestEncoder("pk-lf-1").body(encoder.trial(trial) for trial in completed(journal))


def spans_of(body: bytes) -> list[otlp.Span]:
    otlp.check(body, "application/json")
    return list(otlp.decode(body, "application/json"))


def named(spans: Iterable[otlp.Span], name: str) -> otlp.Span:
    [span] = [span for span in spans if span.name == name]
    return span


def test_the_same_journal_gives_the_same_bytes_in_another_process_too(tmp_path: Path) -> None:
    extra = {"factors": {"b": 1, "a": [1, 2]}}
    with recorded_run(tmp_path) as (journal, plan):
        first = body_of(journal, plan, HOSTED, extra)
    with Journal.open(tmp_path / "run") as journal:
        with journal.reader() as reader:
            stored_plan = Plan.model_validate_json(reader.plan_json(), strict=False)
        second = body_of(journal, stored_plan, HOSTED, extra)

    assert first == second


def test_an_experiment_survives_being_kept(tmp_path: Path) -> None:
    with recorded_run(tmp_path) as (journal, plan):
        experiment = experiment_of(journal.header, plan, replace(HOSTED, kept_ids=frozenset({"b", "a"})))
        journal.set_meta("experiment", experiment.to_json()).result()
        with journal.reader() as reader:
            assert Experiment.from_json(reader.meta("experiment")) == experiment


def test_every_span_of_an_item_names_its_experiment(tmp_path: Path) -> None:
    plan = default_plan(1, description="of countries")
    with recorded_run(tmp_path, plan, items=make_items(1)) as (journal, plan):
        spans = spans_of(body_of(journal, plan, HOSTED))

    assert len(spans) == 6
    root = named(spans, "experiment-item-run")
    for span in spans:
        about = span.attributes
        assert about["langfuse.experiment.description"] == "of countries"
        assert about["langfuse.experiment.id"] == ids.experiment_id(RUN_ID, 0)
        assert about["langfuse.experiment.name"] == f"capitals-{RUN_ID}"
        assert about["langfuse.experiment.dataset.id"] == "ds-1"
        assert about["langfuse.experiment.item.id"] == ids.hosted_item_id("capitals", "item-0")
        assert about["langfuse.experiment.item.version"] == "2026-11-23T06:32:23.445Z"
        assert about["langfuse.experiment.item.root_observation_id"] == root.span_id
        assert json.loads(about["langfuse.experiment.item.metadata"]) == {
            "even": True,
            "evalspec_item_id": "item-0",
        }
        assert about["langfuse.environment"] == "sdk-experiment"
        assert span.scope == "langfuse-sdk"
        assert span.trace_id == ids.trace_id(RUN_ID, "item-0", 0)
    marked = [span for span in spans if "langfuse.internal.is_app_root" in span.attributes]
    assert marked == [root]
    assert root.attributes["langfuse.trace.name"] == "capitals"


def test_items_that_are_not_hosted_keep_their_ids_and_metadata(tmp_path: Path) -> None:
    items = [
        Item("a", "text in", "text out", ["not", "an object"]),
        Item("b", None),
        Item("c", {"x": 'quote "'}),
    ]
    with recorded_run(tmp_path, default_plan(items), items=items) as (journal, plan):
        spans = spans_of(body_of(journal, plan))
    roots = {
        span.attributes["langfuse.experiment.item.id"]: span.attributes
        for span in spans
        if not span.parent_id
    }

    assert set(roots) == {"a", "b", "c"}
    assert roots["a"]["langfuse.observation.input"] == "text in"
    assert roots["a"]["langfuse.experiment.item.expected_output"] == "text out"
    assert json.loads(roots["a"]["langfuse.experiment.item.metadata"]) == {
        "evalspec_metadata": ["not", "an object"]
    }
    assert "langfuse.observation.input" not in roots["b"]
    assert "langfuse.experiment.item.metadata" not in roots["b"]
    assert roots["c"]["langfuse.observation.input"] == '{"x":"quote \\""}'
    assert "langfuse.experiment.dataset.id" not in roots["c"]


def test_an_item_made_on_the_server_keeps_its_id() -> None:
    dataset = replace(HOSTED, kept_ids=frozenset({"theirs"}))
    experiment = Experiment("run", "name", None, "spec", (), 1, dataset)

    assert experiment.item_id("theirs") == "theirs"
    assert experiment.item_id("ours") == ids.hosted_item_id("capitals", "ours")


def make_failed(item: Item, position: int, trial: int) -> Records:
    return failed_records(item, position, trial)


def test_a_failed_trial_is_an_error_with_every_attempt(tmp_path: Path) -> None:
    with recorded_run(tmp_path, items=make_items(1), make=make_failed) as (journal, plan):
        spans = spans_of(body_of(journal, plan))
    root = named(spans, "experiment-item-run")
    attempts = {span.span_id: span for span in spans if span.name == "experiment-item-task"}

    assert root.attributes["langfuse.observation.level"] == "ERROR"
    assert root.attributes["langfuse.observation.status_message"] == "ValueError: no such country"
    assert root.failed
    assert "langfuse.observation.output" not in root.attributes
    first, last = (attempts[ids.task_span_id(RUN_ID, "item-0", 0, attempt)] for attempt in (1, 2))
    assert first.status_message == "OSError: try again"
    assert last.status_message == "ValueError: no such country"
    assert root.start == first.start <= last.start <= root.end
    assert root.attributes["langfuse.observation.metadata.evalspec_attempts"] == "2"


def test_an_evaluator_that_failed_and_one_that_chose_not_to_score(tmp_path: Path) -> None:
    def make(item: Item, position: int, trial: int) -> Records:
        trial_record, exact, close, tone = records_of(item, position, trial)
        assert isinstance(exact, EvaluationRecord)
        assert isinstance(close, EvaluationRecord)
        failure = Failure("timeout", "", "took longer than 5 s")
        failed = replace(exact, status=EvaluationStatus.FAILED, scores=(), failure=failure)
        return [trial_record, failed, replace(close, status=EvaluationStatus.SKIPPED, scores=()), tone]

    with recorded_run(tmp_path, items=make_items(1), make=make) as (journal, plan):
        spans = spans_of(body_of(journal, plan))

    failed = named(spans, "exact")
    assert failed.failed
    assert failed.attributes["langfuse.observation.level"] == "ERROR"
    assert failed.attributes["langfuse.observation.status_message"] == "timeout: took longer than 5 s"
    skipped = named(spans, "close")
    assert not skipped.failed
    assert "langfuse.observation.level" not in skipped.attributes
    assert skipped.attributes["langfuse.observation.status_message"] == "the evaluator chose not to score"
    scored = named(spans, "tone").attributes
    assert scored["langfuse.observation.metadata.evalspec_evaluator_digest"] == plan.evaluators["tone"].digest
    assert json.loads(scored["langfuse.observation.input"])["output"] == {"n": 0}


def test_large_outputs_are_shown_once(tmp_path: Path) -> None:
    def make(item: Item, position: int, trial: int) -> Records:
        first, *others = records_of(item, position, trial)
        assert isinstance(first, TrialRecord)
        return [replace(first, output="x" * SHOWN_INPUT), *others]

    with recorded_run(tmp_path, items=make_items(1), make=make) as (journal, plan):
        spans = spans_of(body_of(journal, plan))

    assert len(named(spans, "experiment-item-task").attributes["langfuse.observation.output"]) == SHOWN_INPUT
    assert "langfuse.observation.input" not in named(spans, "exact").attributes


ATTRIBUTE = '{"key":"k","value":{"stringValue":"v"}}'
TIMES = '"startTimeUnixNano":"1","endTimeUnixNano":"2"'
TRICKY_SCOPE = '{"name":"pydantic-ai \\"spans\\":[{\\"attributes\\":[","version":"1"}'
PAYLOADS = {
    "own": f'{{"attributes":[],"traceId":"t","spanId":"s","name":"u",{TIMES}}}',
    "own, other order": f'{{"name": "u", "attributes": [{ATTRIBUTE}], "spanId": "s"}}',
    "foreign": (
        f'{{"scope":{TRICKY_SCOPE},"spans":[{{"attributes":[{ATTRIBUTE}],"traceId":"t","spanId":"s","name":"u"}}]}}'
    ),
}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_user_codes_spans_get_the_items_attributes(tmp_path: Path, kind: str) -> None:
    def make(item: Item, position: int, trial: int) -> Records:
        first, *others = records_of(item, position, trial)
        assert isinstance(first, TrialRecord)
        return [replace(first, spans=(SpanRecord("s", PAYLOADS[kind].encode()),)), *others]

    with recorded_run(tmp_path, items=make_items(2), make=make) as (journal, plan):
        spans = [span for span in spans_of(body_of(journal, plan)) if span.name == "u"]

    assert [span.attributes["langfuse.experiment.item.id"] for span in spans] == ["item-0", "item-1"]
    assert spans[0].span_id == "s"
    assert spans[0].attributes.get("k") == (None if kind == "own" else "v")
    assert spans[0].scope.startswith("pydantic-ai" if kind == "foreign" else "langfuse-sdk")
