"""Answers of models that mean harm: deep, endless, or such that checking them would not end."""

import pytest

from evalspec.models.errors import ModelError
from evalspec.models.secrets import Redactor
from evalspec.models.structured import Fault, expected_by

OBJECT = {"type": "object"}


@pytest.mark.parametrize(
    "text",
    ['{"a": 1}', ' {"a": 1}\n', '```json\n{"a": 1}\n```', '```\n{"a": 1}\n```\n', '``` json \n{"a": 1}```'],
)
def test_an_answer_may_stand_in_a_fence(text: str) -> None:
    assert expected_by(OBJECT).read(text) == {"a": 1}


@pytest.mark.parametrize(
    "text",
    ["```json" + "\n" * 100_000, "[" * 100_000, '{"a":' * 50_000, "```", "`````", "\n" * 1_000_000],
)
def test_answers_without_end_are_malformed(text: str) -> None:
    with pytest.raises(Fault) as caught:
        expected_by(OBJECT).read(text)
    assert caught.value.kind == "malformed"


def test_patterns_and_unique_items_take_no_time_worth_speaking_of() -> None:
    pattern = expected_by({"type": "object", "properties": {"a": {"type": "string", "pattern": "^(a+)+$"}}})
    with pytest.raises(Fault, match="does not match"):
        pattern.check({"a": "a" * 100 + "!"})
    with pytest.raises(Fault):
        pattern.check({"a": "a" * 100_000 + "!"})
    unique = expected_by({"type": "object", "properties": {"a": {"type": "array", "uniqueItems": True}}})
    unique.check({"a": [{"n": number} for number in range(20_000)]})
    for twice in ([1, 1.0], [{"a": 1, "b": 2}, {"b": 2, "a": 1}]):
        with pytest.raises(Fault, match="non-unique"):
            unique.check({"a": twice})
    unique.check({"a": [1, True, "1", [1], 0, False]})


def test_what_is_no_schema_is_said() -> None:
    with pytest.raises(ModelError) as caught:
        expected_by({"type": "objct"})
    assert caught.value.kind == "unsupported"


@pytest.mark.parametrize("ending", ["\n", "\r\n", " "])
def test_a_key_with_a_line_break_is_never_shown(ending: str) -> None:
    redact = Redactor.of({"MY_API_KEY": f"team:s3cr3t!value{ending}"}, None)
    quoted = "b'team:s3cr3t!value\\n'"
    for text in (quoted, "team:s3cr3t!value", f"value team:s3cr3t!value{ending}"):
        assert "s3cr3t" not in redact(text)
