"""Whatever stands in an output or in observations, an evaluation ends in a value or an EvaluationError."""

import json
from inspect import isawaitable
from pathlib import Path
from typing import Any

import anyio
import pytest

from evalspec.evaluators import EVALUATORS
from evalspec.evaluators.base import EvaluationError, ScoreValue, Subject
from evalspec.kinds.bounded import close_pool
from evalspec.kinds.loading import Loading
from evalspec.plan.values import Item
from tests.support.evaluator_cases import cases, observed

HERE = Path(".")
MIXED = "שלום \u202e hello \u202d مرحبا"


def nested(levels: int, leaf: Any = 1) -> Any:
    """A deep tree of lists and objects."""
    for level in range(levels):
        leaf = [leaf] if level % 2 else {"name": leaf}
    return leaf


HOSTILE: dict[str, Any] = {
    "1 MB of a": "a" * 1_000_000,
    "1 MB of <": "<" * 1_000_000,
    "brackets": "[" * 100_000,
    "regex": "(a+)+$" + "a" * 50_000 + "!",
    "control": "".join(map(chr, range(32))) + "\x7f\x00",
    "surrogates": "\ud800 \udc00\ud800",
    "deep text": json.dumps({"a": 1}) * 1000 + "[" * 50_000 + "]" * 50_000,
    "deep tree": nested(10_000),
    "mixed": MIXED,
    "null": None,
    "number": 1e308,
    "huge": 10**400,
    "many": [{"name": "a", "type": "tool", "input": {}}] * 100_000,
    "wide": {str(number): number for number in range(200_000)},
    "nan": float("nan"),
}
SHAPES: dict[str, Any] = {
    "bare": lambda value: value,
    "listed": lambda value: [value, value],
    "a step": lambda value: [{"name": "weather", "input": value, "type": "tool"}],
    "a name": lambda value: [{"name": value}],
    "a call": lambda value: {"tool_calls": [{"function": {"name": "search", "arguments": value}}]},
    "a called name": lambda value: {"name": value, "arguments": value},
}


def spec_fields(kind: str) -> list[dict[str, Any]]:
    """Different fields of the kind's cases, with all that is looked at in the output."""
    found: list[dict[str, Any]] = []
    for case in cases(kind):
        fields = {**case.fields}
        if "observations" in EVALUATORS[kind].fields.model_fields:
            fields["observations"] = "output"
        for name in ("value", "expected", "tools"):
            if fields.get(name) is not None and kind != "expression":
                fields[name] = "output"
        if fields not in found:
            found.append(fields)
    return found


GROUPS = {"runtime", "trajectory", "retrieval"}
KINDS = [kind for kind in EVALUATORS if EVALUATORS[kind].group in GROUPS]


async def ends(kind: str, fields: dict[str, Any], output: Any) -> str:
    """How an evaluation ends: the values, or the kind of the failure."""
    model = EVALUATORS[kind].fields.model_validate(fields)
    kept = model.model_dump(mode="json", exclude_none=True)
    if model.model_dump().get("scores"):
        kept["keys"] = sorted(model.model_dump()["scores"])
    evaluator: Any = EVALUATORS[kind].build(kept, Loading(HERE, (HERE,), HERE))
    try:
        found = evaluator(Subject(Item("1", output, output), output, ended_ns=1))
        found = await found if isawaitable(found) else found
    except EvaluationError as error:
        return error.kind
    assert all(type(value) is ScoreValue for value in found)
    return repr([(value.key, value.value) for value in found])


@pytest.mark.parametrize("kind", KINDS)
def test_hostile_outputs(kind: str) -> None:
    async def main() -> None:
        fields = spec_fields(kind)
        for number, (shape, content) in enumerate(
            (shape, content) for shape in SHAPES.values() for content in HOSTILE.values()
        ):
            # Each output meets some of the fields, each of the fields some of the outputs.
            await ends(kind, fields[number % len(fields)], shape(content))
        await close_pool()

    anyio.run(main)


def test_an_ending_is_always_the_same() -> None:
    async def main() -> None:
        for content in HOSTILE.values():
            fields = {"type": "valid_tool_call", "tools": "input", "score": "s"}
            message = {"tool_calls": [{"function": {"name": "search", "arguments": content}}]}
            assert await ends("valid_tool_call", fields, message) == await ends(
                "valid_tool_call", fields, message
            )
        await close_pool()

    anyio.run(main)


async def judged(schema: Any, arguments: Any) -> Any:
    fields = {"value": "output", "definitions": {"search": schema}, "on_none": "false"}
    evaluator: Any = EVALUATORS["valid_tool_call"].build(fields, Loading(HERE, (HERE,), HERE))
    found = evaluator(Subject(Item("1", None), {"name": "search", "arguments": arguments}))
    [score] = await found
    return score


@pytest.mark.parametrize(
    ("schema", "arguments", "kind"),
    [
        (
            {"$defs": {"x": {"items": {"$ref": "#/$defs/x"}}}, "$ref": "#/$defs/x"},
            "[" * 300 + "]" * 300,
            "too_large",
        ),
        ({}, nested(10_000), "too_large"),
        ({}, "a" * 1_000_001, "too_large"),
    ],
)
def test_calls_that_take_too_much(schema: Any, arguments: Any, kind: str) -> None:
    async def main() -> None:
        with pytest.raises(EvaluationError) as failure:
            await judged(schema, arguments)
        assert failure.value.kind == kind
        # And the next call is judged as if nothing had been.
        assert (await judged({}, "a" * 10_000)).comment == "call 1 of `search`: the arguments are not JSON"
        assert (await judged({}, json.dumps({"a": "b" * 10_000}))).value is True
        await close_pool()

    anyio.run(main)


def test_recorded_inputs_may_be_anything() -> None:
    """What an observation holds was not written by a task, and is not checked as an output is."""
    spans = observed([{"name": "weather", "type": "tool", "input": "[" * 900 + "]" * 900}])
    subject = Subject(Item("1", None), None, spans=spans)
    common = {"observation_type": "tool", "name": "weather", "compare": "subset", "match": "any"}
    evaluator: Any = EVALUATORS["tool_arguments"].build(
        {**common, "arguments": {}}, Loading(HERE, (HERE,), HERE)
    )
    with pytest.raises(EvaluationError) as failure:
        evaluator(subject)
    assert failure.value.kind == "too_large"
