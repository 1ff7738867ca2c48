"""Laws of the kinds of trajectories, and what they look at where they are attached to an observation."""

from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import Subject
from evalspec.evaluators.span_duration import percentile
from evalspec.evaluators.tool_arguments import holds
from evalspec.evaluators.tool_sequence import follows
from evalspec.evaluators.weighted import weighted_mean
from evalspec.kinds.loading import Loading
from evalspec.kinds.tracing import begin_trace, observe
from evalspec.plan.values import Item

HERE = Path(".")
names = st.lists(st.sampled_from("abc"), max_size=6)
quick = settings(max_examples=80, deadline=None)
trees = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from("xyz"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=3),
    max_leaves=8,
)


def scores(kind: str, subject: Subject, **fields: Any) -> dict[str, Any]:
    model = EVALUATORS[kind].fields.model_validate({"type": kind, "score": "s", **fields})
    kept = model.model_dump(mode="json", exclude_none=True)
    if fields.get("scores"):
        kept["keys"] = sorted(fields["scores"])
    evaluator: Any = EVALUATORS[kind].build(kept, Loading(HERE, (HERE,), HERE))
    return {value.key: value.value for value in evaluator(subject)}


def agreement(called: list[str], wanted: list[str]) -> dict[str, Any]:
    subject = Subject(Item("1", None, wanted), [{"name": name} for name in called])
    keys = {"f1": "f", "precision": "p", "recall": "r"}
    return scores("tool_call_f1", subject, score=None, scores=keys, observations="output")


@given(called=names, wanted=names)
@quick
def test_f1_is_symmetric_and_between_precision_and_recall(called: list[str], wanted: list[str]) -> None:
    one, other = agreement(called, wanted), agreement(wanted, called)
    assert (one["f1"], one["precision"], one["recall"]) == (other["f1"], other["recall"], other["precision"])
    low, high = sorted([one["precision"], one["recall"]])
    assert 0 <= low - 1e-12 <= one["f1"] <= high + 1e-12 or low == 0 == one["f1"]
    assert (one["f1"] == 1) == (sorted(called) == sorted(wanted))
    if low:
        # The harmonic mean is another way to say it.
        assert one["f1"] == pytest.approx(2 * low * high / (low + high))


@given(called=names, wanted=names, data=st.data())
@quick
def test_each_order_is_looser_than_the_one_before(
    called: list[str], wanted: list[str], data: st.DataObject
) -> None:
    exact, in_order, any_order = (
        follows(called, wanted, order) for order in ("exact", "in_order", "any_order")
    )
    assert in_order or not exact
    assert any_order or not in_order
    shuffled = data.draw(st.permutations(called))
    assert follows(shuffled, wanted, "any_order") == any_order
    assert follows([*called, "d"], wanted, "in_order") == in_order
    assert follows(called, called, "exact")


@given(tree=trees, key=st.sampled_from("pqr"), more=trees)
@quick
def test_a_tree_holds_itself_and_less(tree: Any, key: str, more: Any) -> None:
    assert holds(tree, tree)
    if isinstance(tree, dict):
        assert holds({**tree, "new": more}, tree)
        assert holds(tree, {name: part for name, part in tree.items() if name != key})


@given(
    numbers=st.lists(st.floats(0, 1000), min_size=1, max_size=9), percent=st.sampled_from([50, 90, 95, 99])
)
@quick
def test_percentiles_are_those_of_numpy(numbers: list[float], percent: float) -> None:
    assert percentile(numbers, percent) == pytest.approx(numpy.percentile(numbers, percent))


@given(
    pairs=st.lists(st.tuples(st.floats(-1e300, 1e300), st.floats(1e-6, 1e6)), min_size=1, max_size=6),
    factor=st.floats(0.01, 100),
)
@quick
def test_a_weighted_mean_is_within_and_only_shares_matter(
    pairs: list[tuple[float, float]], factor: float
) -> None:
    mean = weighted_mean(pairs)
    values = [value for value, _ in pairs]
    assert min(values) <= mean <= max(values)
    scale = max(map(abs, values)) or 1.0
    scaled = weighted_mean([(value, weight * factor) for value, weight in pairs])
    assert scaled / scale == pytest.approx(mean / scale)
    expected = numpy.average(numpy.array(values) / scale, weights=[weight for _, weight in pairs])
    assert mean / scale == pytest.approx(expected)


@pytest.fixture
def agents() -> Subject:
    """Two agents below a chain, each with tools of its own."""
    trace = begin_trace(("run", "1", 0, "", 1))
    with observe("work", "chain"):
        for agent, tools in (("finder", ["search", "fetch"]), ("writer", ["spell"])):
            with observe(agent, "agent"):
                for tool in tools:
                    with observe(tool, "tool", input={}):
                        pass
                with observe("answer", "generation") as generation:
                    generation.usage = {"total": len(tools)}
                    generation.cost = float(len(tools))
    return Subject(Item("1", None), None, spans=trace.take())


def test_an_attached_evaluator_looks_below_its_observation(agents: Subject) -> None:
    finder, writer = (one for one in agents.observations if one.type == "agent")
    kinds: list[tuple[str, dict[str, Any], Any, Any, Any]] = [
        ("span_count", {}, 8, 4, 3),
        ("step_count", {}, 5, 3, 2),
        ("step_count", {"observation_type": "tool"}, 3, 2, 1),
        ("tool_used", {"names": ["search"]}, True, True, False),
        ("token_usage", {}, 3, 2, 1),
        ("cost", {}, 3.0, 2.0, 1.0),
    ]
    for kind, fields, whole, first, second in kinds:
        found = [
            scores(kind, subject, **fields)[""] for subject in (agents, agents.at(finder), agents.at(writer))
        ]
        assert found == [whole, first, second], kind


def test_attached_latency_is_the_duration_of_the_observation(agents: Subject) -> None:
    finder = next(one for one in agents.observations if one.name == "finder")
    assert scores("latency", agents.at(finder))[""] == finder.duration > 0
    assert scores("latency", agents)[""] == 0.0


def test_what_a_kind_needs_depends_on_its_fields() -> None:
    def needs(kind: str, **fields: Any) -> set[str]:
        table = {"type": kind, "score": "s", **fields}
        return set(EVALUATORS[kind].needs(EVALUATORS[kind].fields.model_validate(table)))

    at = {"attach": {"to": "observation", "type": "agent"}}
    assert needs("latency") == {"latency"}
    assert needs("latency", **at) == set()
    assert needs("time_to_first_token") == {"observations"}
    assert needs("time_to_first_token", since="task") == {"observations", "latency"}
    assert needs("step_count") == {"observations"}
    assert needs("step_count", observations="output") == set()
    assert needs("step_count", **at) == set()
    assert needs("ndcg") == set()
    assert needs("valid_tool_call", tools="input") == set()
