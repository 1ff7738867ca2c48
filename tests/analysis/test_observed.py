from evalspec.analysis.observed import SHOWN_OBSERVATIONS, observation_tree
from evalspec.kinds.observations import Observation


def observation(name: str, parent: str | None = "call", start: int = 0, **more: object) -> Observation:
    values = {"type": "span", "started_ns": start, "ended_ns": start + 1_500_000, **more}
    return Observation(name, parent, name, **values)  # type: ignore[arg-type]  # those of the dataclass


def test_each_stands_above_those_below_it() -> None:
    tree = observation_tree(
        [
            observation("turn 1", start=1),
            observation("answer", "turn 1", start=2),
            observation("turn 2", start=3),
            observation("tool", "answer", start=4, level="ERROR", status_message="x" * 300),
            observation("lost", "somewhere else", start=5),
        ]
    )
    assert tree is not None
    assert [(one.depth, one.name, one.parent) for one in tree.observations] == [
        (0, "turn 1", None),
        (1, "answer", "turn 1"),
        (2, "tool", "answer"),
        (0, "turn 2", None),
        (0, "lost", None),
    ]
    assert (tree.total, tree.left_out) == (5, 0)
    failed = tree.observations[2]
    assert (failed.level, failed.duration_seconds) == ("ERROR", 0.0015)
    assert failed.status_message == "x" * 199 + "…"


def test_the_nearest_to_the_call_are_kept_and_the_others_counted() -> None:
    steps = [observation(f"step {place}", start=place) for place in range(SHOWN_OBSERVATIONS - 1)]
    below = [observation(f"tool {place}", "step 3", start=100 + place) for place in range(5)]
    tree = observation_tree([*steps, *below])
    assert tree is not None
    assert len(tree.observations) == SHOWN_OBSERVATIONS
    assert [one.name for one in tree.observations[3:6]] == ["step 3", "tool 0", "step 4"]
    assert (tree.total, tree.left_out, tree.observations[3].left_out) == (SHOWN_OBSERVATIONS + 4, 0, 4)
    many = observation_tree([observation(str(place), start=place) for place in range(100)])
    assert many is not None
    assert many.left_out == 100 - SHOWN_OBSERVATIONS


def test_spans_that_name_each_other_as_parents_do_no_harm() -> None:
    tree = observation_tree([observation("a", "b"), observation("b", "a"), observation("c")])
    assert tree is not None
    assert [one.name for one in tree.observations] == ["c"]


def test_nothing_recorded_is_no_tree() -> None:
    assert observation_tree([]) is None
