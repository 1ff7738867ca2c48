"""Where the parts of a TOML document stand, layout by layout."""

import pytest

from evalspec.source import parse_document
from evalspec.source.document import Document
from tests.source.texts import cut


def _read(text: str | bytes) -> Document:
    document, faults = parse_document(text, path="a.toml", format="toml")
    assert faults == ()
    assert document is not None
    return document


SPEC = """\
# a comment
name = "é" # another
[evaluators.exact]
type = "exact_match"
opt = { a = 1, b.c = [1, 2] }
[evaluators]
[[dataset.items]]
id = "1"
[[dataset.items]]
id = "2"
[dataset.items.input]
"q r".'s' = '''x'''
[a . "b"]
"""


@pytest.mark.parametrize(
    ("pointer", "key", "value"),
    [
        ("/name", "name", '"é"'),
        ("/evaluators", "evaluators", "[evaluators]"),
        ("/evaluators/exact", "exact", "[evaluators.exact]"),
        ("/evaluators/exact/type", "type", '"exact_match"'),
        ("/evaluators/exact/opt", "opt", "{ a = 1, b.c = [1, 2] }"),
        ("/evaluators/exact/opt/b", "b", "b"),
        ("/evaluators/exact/opt/b/c", "c", "[1, 2]"),
        ("/evaluators/exact/opt/b/c/1", None, "2"),
        ("/dataset", "dataset", "dataset"),
        ("/dataset/items", "items", "[[dataset.items]]"),
        ("/dataset/items/1", None, "[[dataset.items]]"),
        ("/dataset/items/1/id", "id", '"2"'),
        ("/dataset/items/1/input", "input", "[dataset.items.input]"),
        ("/dataset/items/1/input/q r", '"q r"', '"q r"'),
        ("/dataset/items/1/input/q r/s", "'s'", "'''x'''"),
        ("/a", "a", "a"),
        ("/a/b", '"b"', '[a . "b"]'),
    ],
)
def test_keys_and_values(pointer: str, key: str | None, value: str) -> None:
    document = _read(SPEC)
    found = document.key_span(pointer)
    assert (None if found is None else cut(SPEC, found)) == key
    assert cut(SPEC, document.value_span(pointer)) == value
    assert document.raw(pointer) == value


def test_lines_and_columns() -> None:
    document = _read(SPEC)
    span = document.value_span("/dataset/items/1/id")
    assert (span.path, span.start.line, span.start.column) == ("a.toml", 10, 6)
    first, second = document.value_span("/dataset/items/0"), document.value_span("/dataset/items/1")
    assert (first.start.line, second.start.line) == (7, 9)


def test_columns_are_code_points() -> None:
    document = _read('a = { "漢😀" = "é\U0001f600", b = 1 }')
    assert document.value_span("/a/b").start.column == 24
    key = document.key_span("/a/b")
    assert key is not None
    assert key.start.column == 20


def test_the_tree_itself_stands_at_the_start() -> None:
    span = _read("\n\na = 1").value_span("")
    assert span.start == span.end
    assert (span.start.line, span.start.column) == (1, 1)


def test_what_is_not_there_stands_at_its_nearest_ancestor() -> None:
    document = _read(SPEC)
    for missing in ("/evaluators/exact/score", "/evaluators/exact/type/deeper/still"):
        assert document.key_span(missing) is None
    assert cut(SPEC, document.span("/evaluators/exact/score", key=True)) == "[evaluators.exact]"
    assert cut(SPEC, document.span("/evaluators/exact/type/deeper")) == '"exact_match"'
    assert cut(SPEC, document.span("/dataset/items/7/id")) == "[[dataset.items]]"
    assert document.span("/nothing").start.line == 1


def test_span_of_the_key() -> None:
    document = _read(SPEC)
    assert cut(SPEC, document.span("/evaluators/exact/type", key=True)) == "type"
    assert cut(SPEC, document.span("/dataset/items/1", key=True)) == "[[dataset.items]]"


def test_a_mark_at_the_start_and_windows_line_endings() -> None:
    document = _read(b'\xef\xbb\xbfa = 1\r\nb = "x\\ty"\r\n[c]\r\n')
    assert document.value == {"a": 1, "b": "x\ty", "c": {}}
    assert document.value_span("/a").start.column == 5
    assert cut(document.text, document.value_span("/c")) == "[c]"
    assert cut(document.text, document.string_span("/b", 1)) == "\\t"


@pytest.mark.parametrize(
    ("raw", "offset", "length", "found"),
    [
        ('"a\\u00e9b"', 1, 1, "\\u00e9"),
        ('"a\\U0001F600b"', 1, 2, "\\U0001F600b"),
        ('"😀{{ x }}"', 4, 1, "x"),
        ("'a\\n'", 1, 1, "\\"),
        ('"""\na"b"""', 0, 2, 'a"'),
        ('"""\r\na\r\nb"""', 2, 1, "b"),
        ('"""a\\\n   b c"""', 1, 1, "b"),
        ('"""a \\  \n\n   b"""', 2, 1, "b"),
        ("'''\n'a'\nb'''", 4, 1, "b"),
        ('""""a"""""', 0, 1, '"'),
        ('""""a"""""', 3, 1, '"'),
        ('"abc"', 3, 1, ""),
        ('"abc"', 99, 5, ""),
        ('"abc"', 1, 99, "bc"),
        ('"abc"', 1, 0, ""),
        ('""', 0, 1, ""),
    ],
)
def test_places_inside_of_strings(raw: str, offset: int, length: int, found: str) -> None:
    document = _read(f"k = {raw}")
    assert cut(document.text, document.string_span("/k", offset, length)) == found


def test_the_end_of_a_string_is_its_closing_quote() -> None:
    span = _read('k = "abc"').string_span("/k", 3)
    assert (span.start.column, span.end.column) == (9, 9)


def test_a_place_inside_of_what_is_no_string_is_the_value() -> None:
    document = _read("k = 2026-01-01\nn = 17")
    assert cut(document.text, document.string_span("/k", 5)) == "2026-01-01"
    assert cut(document.text, document.string_span("/n", 1)) == "17"
    assert document.string_span("/nothing", 0) == document.value_span("")


def test_blanks_after_a_line_ending_backslash_which_the_grammar_does_not_know() -> None:
    document = _read('a = """x\\   \n  y"""\n[t]\nb = [1]\n')
    assert document.value == {"a": "xy", "t": {"b": [1]}}
    for pointer in document.pointers():
        span = document.value_span(pointer)
        assert span.end >= span.start


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1979-05-27T07:32:00Z", "1979-05-27T07:32:00Z"),
        ("1979-05-27 07:32:00z", "1979-05-27T07:32:00Z"),
        ("1979-05-27t07:32:00+00:00", "1979-05-27T07:32:00Z"),
        ("1979-05-27T07:32:00-00:00", "1979-05-27T07:32:00Z"),
        ("1979-05-27T00:32:00.5000-07:30", "1979-05-27T00:32:00.5-07:30"),
        ("1979-05-27T00:32:00.999999+05:45", "1979-05-27T00:32:00.999999+05:45"),
        ("1979-05-27T00:32:00.000Z", "1979-05-27T00:32:00Z"),
        ("1979-05-27T07:32:10", "1979-05-27T07:32:10"),
        ("1979-05-27T00:32:00.120", "1979-05-27T00:32:00.12"),
        ("0979-05-27", "0979-05-27"),
        ("07:32:10", "07:32:10"),
        ("00:32:00.100", "00:32:00.1"),
        ("00:32:00.1234567", "00:32:00.123456"),
    ],
)
def test_dates_and_times_are_rfc_3339_strings(written: str, value: str) -> None:
    document = _read(f"k = [{{ at = {written} }}]")
    assert document.value == {"k": [{"at": value}]}
    assert document.raw("/k/0/at") == written


def test_pointers_begin_with_the_tree() -> None:
    assert _read("a.b = [1]\n").pointers() == ("", "/a", "/a/b", "/a/b/0")
