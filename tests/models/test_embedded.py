"""The models that answer without a language model, against values worked out by hand."""

import json
import subprocess
import sys
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from evalspec.models import Budget, ModelError, ModelSpec, Rule, Tool
from evalspec.models.client import Models
from evalspec.models.embedded.echo import echo
from evalspec.models.embedded.overlap import overlap_of, verdict, word_f1
from evalspec.models.embedded.rules import answer_by_rule
from evalspec.models.messages import Message

JUDGED = "<output>The capital is Paris.</output>\n<expected_output>Paris</expected_output>"


def asking(model: str, **fields: Any) -> Models:
    return Models({"m": ModelSpec.from_fields("m", {"model": model, **fields})}, {})


def user(text: str) -> list[Message]:
    return [{"role": "system", "content": "Be brief."}, {"role": "user", "content": text}]


async def test_echo_says_the_last_message() -> None:
    async with asking("embedded:echo", parameters={"temperature": 0}) as models:
        reply = await models.chat("m", user("one two three"), use="subject", parameters={"seed": 1})
    assert reply.text == "one two three"
    assert reply.data is None
    assert reply.finish_reason == "stop"
    assert reply.embedded
    assert reply.provider == "embedded"
    assert reply.model_requested == "echo"
    assert reply.model_reported == "embedded:echo (embedded, not a language model)"
    assert reply.parameters == {"temperature": 0, "seed": 1}
    # "system: Be brief.\nuser: one two three" has seven words.
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (7, 3)
    assert reply.cost == 0.0
    assert reply.started_ns <= reply.ended_ns
    assert models.totals() == {
        "subject": {"m": {"requests": 1, "input_tokens": 7, "output_tokens": 3, "cost": 0.0, "unpriced": 0}}
    }


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"enum": ["good", "bad"]}, "this is bad", "bad"),
        ({"enum": ["good", "bad"]}, "this is so", "good"),
        ({"enum": [None, True]}, "it is true", True),
        ({"const": 4}, "no", 4),
        ({"type": "integer", "minimum": 1, "maximum": 5}, "I give 4 of 5", 4),
        ({"type": "integer", "minimum": 1, "maximum": 5}, "I give 9", 5),
        ({"type": "integer", "minimum": 1}, "none", 1),
        ({"type": "integer"}, "about 2.7", 3),
        ({"type": "number", "exclusiveMaximum": 0}, "nothing", -5e-324),
        ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}, "0", 4),
        ({"type": "number", "multipleOf": 0.25}, "0.6", 0.5),
        ({"type": "boolean"}, "Yes, it is", True),
        ({"type": "boolean"}, "no, yes", False),
        ({"type": "boolean"}, "perhaps", False),
        ({"type": "string", "maxLength": 4}, "abcdef", "abcd"),
        ({"type": "string", "minLength": 4}, "ab", "ab.."),
        ({"type": "null"}, "x", None),
        ({"type": ["null", "string"]}, "x", "x"),
        ({"type": "array", "items": {"type": "string"}}, "x", ["x"]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, "x", ["x", "x"]),
        ({"type": "array", "maxItems": 0}, "x", []),
        ({"prefixItems": [{"const": 1}, {"const": 2}], "items": False}, "x", [1, 2]),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, "7", 7),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
            "",
            {"a": 1, "b": 2},
        ),
        ({"properties": {"a": {"$ref": "#/$defs/n"}}, "$defs": {"n": {"type": "integer"}}}, "3", {"a": 3}),
    ],
)
def test_echo_fills_a_schema(schema: dict[str, Any], text: str, value: Any) -> None:
    filled = echo(text, schema)
    assert filled == value
    assert type(filled) is type(value)
    assert Draft202012Validator(schema).is_valid(filled)


def test_a_schema_that_refers_to_itself_has_an_end() -> None:
    schema = {"type": "object", "properties": {"next": {"$ref": "#"}, "n": {"const": 1}}, "required": ["n"]}
    filled = echo("", schema)
    assert Draft202012Validator(schema).is_valid(filled)
    assert filled["next"]["next"]["n"] == 1


@pytest.mark.parametrize(
    "schema",
    [
        False,
        {"$ref": "#/nowhere"},
        {"$ref": "other.json"},
        {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 1},
    ],
)
def test_a_schema_without_a_value_is_unsupported(schema: Any) -> None:
    with pytest.raises(ModelError) as caught:
        echo("", schema)
    assert caught.value.kind == "unsupported"


@pytest.mark.parametrize(
    ("one", "other", "f1"),
    [
        ("Paris", "paris!", 1.0),
        # One word in common, of four and one: precision 1/4, recall 1, so 2/5.
        ("The capital is Paris.", "Paris", 0.4),
        # "a" twice in both counts twice: 2 of 3 and 2 of 3.
        ("a a b", "a a c", 2 / 3),
        ("a a a", "a", 0.5),
        ("a", "b", 0.0),
        ("", "", 1.0),
        ("...", "a", 0.0),
    ],
)
def test_word_f1(one: str, other: str, f1: float) -> None:
    assert word_f1(one, other) == pytest.approx(f1, abs=1e-15)
    assert word_f1(other, one) == word_f1(one, other)


def test_overlap_takes_the_first_section_there_is() -> None:
    assert overlap_of("<output>a</output><input>b</input><context>a</context>").reference == "context"
    assert overlap_of("<output>a</output><input>b</input>").f1 == 0.0
    assert overlap_of(JUDGED).f1 == 0.4


@pytest.mark.parametrize("text", ["nothing", "<output>a</output>", "<input>a</input>"])
def test_overlap_without_sections_is_unsupported(text: str) -> None:
    with pytest.raises(ModelError) as caught:
        overlap_of(text)
    assert caught.value.kind == "unsupported"


def test_overlap_fills_a_verdict() -> None:
    properties = {
        "score": {"type": "number", "minimum": -1, "maximum": 1},
        "stars": {"type": "integer", "minimum": 1, "maximum": 6},
        "share": {"type": "number"},
        "right": {"type": "boolean"},
        "label": {"enum": ["bad", "fair", "good"]},
        "reasoning": {"type": "string"},
    }
    filled = verdict(JUDGED, {"type": "object", "properties": properties})
    # 0.4 of the way from -1 to 1, and from 1 to 6; rank round(0.4 * 2) = 1.
    assert filled == {
        "score": pytest.approx(-0.2),
        "stars": 3,
        "share": 0.4,
        "right": False,
        "label": "fair",
        "reasoning": "embedded model: F1 word overlap of output and expected_output is 0.4",
    }


async def test_overlap_without_a_schema_says_it() -> None:
    async with asking("embedded:overlap") as models:
        assert (await models.chat("m", user(JUDGED), use="judge")).text == "0.40"


def rules(*some: dict[str, Any]) -> list[Rule]:
    return [Rule(**one) for one in some]


def test_the_first_rule_that_is_found_answers() -> None:
    some = rules(
        {"pattern": "user: .*Spain", "answer": "Madrid"},
        {"pattern": r"user: .*of (\w+)\?(x)?", "answer": r"Of \1\2: \0 \\1 \9"},
        {"pattern": "", "answer": "never"},
    )
    answer, call = answer_by_rule(some, user("capital of France?"))
    assert answer == "Of France: user: capital of France? \\1 "
    assert call is None
    assert answer_by_rule(some, user("Spain?")) == ("Madrid", None)
    assert answer_by_rule(some, [{"role": "system", "content": "x"}]) == ("never", None)


def test_a_rule_may_answer_a_tree() -> None:
    some = rules({"pattern": r"is (\d)", "answer": {"said": [r"\1", 2, None], r"\1": True}})
    assert answer_by_rule(some, user("it is 5"))[0] == {"said": ["5", 2, None], r"\1": True}


def test_a_tool_rule_calls_until_its_tool_has_answered() -> None:
    some = rules(
        {"pattern": r"weather in (\w+)", "tool": "weather", "arguments": {"city": r"\1"}},
        {"pattern": r"tool: (.*)", "answer": r"It is \1."},
    )
    asked = user("weather in Oslo")
    _, call = answer_by_rule(some, asked)
    assert call is not None
    assert (call.name, call.arguments) == ("weather", {"city": "Oslo"})
    assert answer_by_rule(some, asked)[1] == call
    done = [
        *asked,
        {"role": "assistant", "content": "", "tool_calls": [call.as_tree()]},
        {"role": "tool", "tool_call_id": call.id, "content": "cold"},
    ]
    assert answer_by_rule(some, done) == ("It is cold.", None)
    again = rules({"pattern": "weather", "tool": "weather", "skip_after_tool": False})
    assert answer_by_rule(again, done)[1] is not None
    other = rules({"pattern": "weather", "tool": "clock"})
    assert answer_by_rule(other, done)[1] is not None


@pytest.mark.parametrize(
    ("some", "kind"),
    [([], "no_rule"), ([{"pattern": "x{9}"}], "no_rule"), ([{"pattern": "(?=x)"}], "unsupported")],
)
async def test_a_conversation_without_a_rule_fails(some: list[dict[str, Any]], kind: str) -> None:
    async with asking("embedded:rules", rules=some) as models:
        with pytest.raises(ModelError) as caught:
            await models.chat("m", user("a"), use="subject")
    assert caught.value.kind == kind
    assert not caught.value.outage


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


async def test_a_rule_gives_structured_output_as_a_tree_or_as_text() -> None:
    some = [{"pattern": "one", "answer": {"n": 1}}, {"pattern": "two", "answer": '{"n": 2}'}]
    async with asking("embedded:rules", rules=some) as models:
        one = await models.chat("m", user("one"), use="judge", schema=SCHEMA)
        assert (one.data, json.loads(one.text)) == ({"n": 1}, {"n": 1})
        assert (await models.chat("m", user("two"), use="judge", schema=SCHEMA)).data == {"n": 2}
        assert (await models.chat("m", user("two"), use="judge")).data is None


async def test_a_rule_that_breaks_the_schema_is_not_repaired() -> None:
    some = [{"pattern": "one", "answer": {"n": "1"}}, {"pattern": "two", "answer": "two"}]
    async with asking("embedded:rules", rules=some) as models:
        for text in ("one", "two"):
            with pytest.raises(ModelError, match="embedded, not a language model") as caught:
                await models.chat("m", user(text), use="judge", schema=SCHEMA)
            assert caught.value.kind == "wrong_schema"
            assert caught.value.attempts == 1
    assert models.totals()["judge"]["m"]["requests"] == 2


async def test_a_tool_rule_through_the_client() -> None:
    some = [{"pattern": "x", "tool": "t", "arguments": {"a": 1}}]
    tool = Tool("t", "", {"type": "object"})
    async with asking("embedded:rules", rules=some) as models:
        reply = await models.chat("m", user("x"), use="subject", tools=[tool], schema=SCHEMA)
    assert reply.finish_reason == "tool_call"
    assert reply.data is None
    assert reply.as_message()["tool_calls"][0]["function"] == {"name": "t", "arguments": '{"a": 1}'}


@pytest.mark.parametrize("model", ["embedded:other", "embedded:hash"])
async def test_there_are_no_other_embedded_models(model: str) -> None:
    async with asking(model) as models:
        with pytest.raises(ModelError, match="embedded:echo, embedded:overlap, embedded:rules") as caught:
            await models.chat("m", user("a"), use="subject")
    assert caught.value.kind == "unsupported"


async def test_budgets_hold_embedded_models_too() -> None:
    spec = ModelSpec.from_fields("m", {"model": "embedded:echo"})
    async with Models({"m": spec}, {}, budgets={"judge": Budget(requests=1)}) as models:
        await models.chat("m", user("a"), use="judge")
        with pytest.raises(ModelError) as caught:
            await models.chat("m", user("a"), use="judge")
        assert caught.value.kind == "budget_exceeded"
        await models.chat("m", user("a"), use="subject")


def test_answers_are_the_same_in_every_process() -> None:
    program = (
        "import json; from evalspec.models.embedded.hashing import hashed_embedding as h;"
        "from evalspec.models.embedded.rules import answer_by_rule as r; from evalspec.models import Rule;"
        "said = [{'role': 'user', 'content': 'a'}];"
        "print(json.dumps([h('Straße und Fluß'), r([Rule('a', tool='t')], said)[1].id]))"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            capture_output=True,
            text=True,
            check=True,
            env={"PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert len(told) == 1
