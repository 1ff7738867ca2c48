"""Where the parts of a JSON document stand."""

import pytest

from evalspec.source import parse_document
from evalspec.source.document import Document
from tests.source.texts import cut

SPEC = """\
{
  "name": "é",
  "a/b": {"x~y": [1, {"c": null}]},
  "\\u00fc": -1.5e+03
}
"""


def _read(text: str) -> Document:
    document, faults = parse_document(text, path="a.json", format="json")
    assert faults == ()
    assert document is not None
    return document


@pytest.mark.parametrize(
    ("pointer", "key", "value"),
    [
        ("", None, SPEC.strip()),
        ("/name", '"name"', '"é"'),
        ("/a~1b", '"a/b"', '{"x~y": [1, {"c": null}]}'),
        ("/a~1b/x~0y", '"x~y"', '[1, {"c": null}]'),
        ("/a~1b/x~0y/0", None, "1"),
        ("/a~1b/x~0y/1/c", '"c"', "null"),
        ("/ü", '"\\u00fc"', "-1.5e+03"),
    ],
)
def test_keys_and_values(pointer: str, key: str | None, value: str) -> None:
    document = _read(SPEC)
    found = document.key_span(pointer)
    assert (None if found is None else cut(SPEC, found)) == key
    assert cut(SPEC, document.value_span(pointer)) == value


def test_nulls_are_told_by_their_pointers() -> None:
    assert _read(SPEC).nulls == ("/a~1b/x~0y/1/c",)
    assert _read('{"a": [null, {"b": null}], "c": null}').nulls == ("/c", "/a/0", "/a/1/b")


@pytest.mark.parametrize(
    ("raw", "offset", "length", "found"),
    [
        ('"a\\u00e9b"', 1, 1, "\\u00e9"),
        ('"\\ud83d\\ude00b"', 0, 1, "\\ud83d\\ude00"),
        ('"\\ud83d\\ude00b"', 1, 1, "b"),
        ('"\\uD83D\\uDE00\\/\\""', 1, 2, '\\/\\"'),
        ('"漢😀x"', 2, 1, "x"),
        ('"\\\\n"', 1, 1, "n"),
    ],
)
def test_places_inside_of_strings(raw: str, offset: int, length: int, found: str) -> None:
    document = _read(f'{{"k": {raw}}}')
    assert cut(document.text, document.string_span("/k", offset, length)) == found


@pytest.mark.parametrize("number", ["1e+5", "1E05", "-1.5e-03", "0.0e+0", "1e5"])
def test_every_spelling_of_an_exponent(number: str) -> None:
    document = _read(f'{{"s": "1e+5 \\" 1e+5", "a": [{number}, {{"b": {number}}}], "z": true}}')
    assert document.raw("/a/0") == document.raw("/a/1/b") == number
    assert document.raw("/z") == "true"
    assert document.raw("/s") == '"1e+5 \\" 1e+5"'


def test_large_whole_numbers_are_kept() -> None:
    assert _read('{"a": 123456789012345678901234567890}').value == {"a": 123456789012345678901234567890}
