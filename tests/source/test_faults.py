"""Texts that are no spec: what is said, and where."""

from typing import Any

import pytest

from evalspec.diagnostics.model import Diagnostic
from evalspec.source import MAX_BYTES, MAX_DEPTH, parse_document

DEEP = 10_000


def _faults(text: str | bytes, syntax: Any) -> tuple[Diagnostic, ...]:
    return parse_document(text, path="spec", format=syntax)[1]


def _place(fault: Diagnostic) -> tuple[int, int, int]:
    assert fault.span is not None
    return fault.span.start.line, fault.span.start.column, fault.span.end.column


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("a = foo", "toml-syntax", (1, 5, 8), "`foo` is not a value"),
        ("a = True", "toml-syntax", (1, 5, 9), "`True` is not a value"),
        ("a = null", "null-value", (1, 5, 9), "there is no null in a spec: leave the key out"),
        ("a = [1, None]", "null-value", (1, 9, 13), "there is no null"),
        ("a =", "toml-syntax", (1, 4, 5), "a value is missing"),
        ("a =\nb = 1", "toml-syntax", (1, 4, 5), "a value is missing"),
        ("a: 1", "toml-syntax", (1, 2, 3), "followed by `=`"),
        ("é = 1", "toml-syntax", (1, 1, 2), "`é`"),
        ("= 1", "toml-syntax", (1, 1, 2), "neither a key nor a header"),
        ('a = "x', "toml-syntax", (1, 5, 6), "never closed"),
        ('a = "x\nb = 1', "toml-syntax", (1, 7, 8), "not closed before the end of the line"),
        ('a = "x\r\nb = 1', "toml-syntax", (1, 7, 8), "not closed before the end of the line"),
        ('a = 1\nb = """x\ny', "toml-syntax", (2, 5, 6), "never closed"),
        ("a = '''x\ny", "toml-syntax", (1, 5, 6), "never closed"),
        ('a = "\\q"', "toml-syntax", (1, 6, 8), "no such escape"),
        ('a = "\\ud800"', "toml-syntax", None, "stands for no character"),
        ("a = 2026-13-40 # no", "toml-syntax", (1, 5, 15), "no such date"),
        ("a = 2026-02-30", "toml-syntax", None, "no such date"),
        ("a = 1 2", "toml-syntax", (1, 7, 8), "something follows"),
        ("[a\nb = 1", "toml-syntax", (1, 3, 4), "header is not closed"),
        ("[a", "toml-syntax", None, "header is not closed"),
        ("a = [1\n  2]", "toml-syntax", (2, 3, 4), "not separated"),
        ("a = [1,\n", "toml-syntax", None, "ends in the middle"),
        ("a = {b = 1 c = 2}", "toml-syntax", (1, 12, 13), "inline table"),
        ("a = 'x\x00'", "toml-syntax", (1, 7, 8), "U+0000"),
        ("a = 'x\ry'", "toml-syntax", (1, 7, 8), "U+000D"),
        ("a = nan", "invalid-number", (1, 5, 8), "`nan`"),
        ("a = [-inf]", "invalid-number", (1, 6, 10), "`-inf`"),
        ("a = 1e999", "invalid-number", (1, 5, 10), "`1e999`"),
        ("a = " + "1" * 5000, "invalid-number", (1, 5, 5005), "5000 digits"),
        ("a = " + "[" * DEEP, "too-deep", (1, 5 + MAX_DEPTH, 6 + MAX_DEPTH), "nested"),
        ("a = " + "[" * DEEP + "]" * DEEP, "too-deep", (1, 5 + MAX_DEPTH, 6 + MAX_DEPTH), "nested"),
        (".".join("a" * DEEP) + " = 1", "too-deep", None, "nested"),
        ("[" + ".".join("a" * DEEP) + "]", "too-deep", None, "nested"),
        (
            "a=1\n" + "".join(f"[{'.'.join('b' * n)}]\n" for n in range(1, MAX_DEPTH + 5)),
            "too-deep",
            None,
            "nested",
        ),
    ],
)
def test_toml(text: str, code: str, place: tuple[int, int, int] | None, words: str) -> None:
    faults = _faults(text, "toml")
    assert [fault.code for fault in faults] == [code]
    assert words in faults[0].message
    if place is not None:
        assert _place(faults[0]) == place


@pytest.mark.parametrize(
    ("text", "code", "place", "words"),
    [
        ("", "json-syntax", (1, 1, 1), "empty"),
        (" \n ", "json-syntax", (1, 1, 1), "empty"),
        ("[1]", "not-a-table", (1, 1, 2), "a list"),
        (' "x"', "not-a-table", (1, 2, 3), "a string"),
        ("null", "not-a-table", (1, 1, 2), "null"),
        ("17", "not-a-table", (1, 1, 2), "a number"),
        ("true", "not-a-table", (1, 1, 2), "true or false"),
        ('{"a": 1,\n}', "json-syntax", (1, 8, 9), "nothing follows this comma"),
        ('{"a": [1 , ]}', "json-syntax", (1, 10, 11), "nothing follows this comma"),
        ('{"a": True}', "json-syntax", (1, 7, 11), "`True`"),
        ('{"a": nope}', "json-syntax", (1, 7, 11), "`nope`"),
        ('{"a": }', "json-syntax", (1, 7, 8), "`}` is not a value"),
        ("{'a': 1}", "json-syntax", (1, 2, 3), "double quotes"),
        ("{a: 1}", "json-syntax", (1, 2, 3), "a key is missing"),
        ('{"a" 1}', "json-syntax", (1, 6, 7), "colon"),
        ('{"a": 1 "b": 2}', "json-syntax", (1, 9, 10), "not separated"),
        ('{"a": 1}\n{"b": 2}', "json-syntax", (2, 1, 2), "follows the end"),
        ('{"a": 1}\x1f', "json-syntax", (1, 9, 10), "follows the end"),
        ('{\n// no\n"a": 1}', "json-syntax", (2, 1, 2), "no comments"),
        ('{"a": "x\ny"}', "json-syntax", (1, 9, 10), "a line break"),
        ('{"a": "x\ty"}', "json-syntax", (1, 9, 10), "U+0009"),
        ('{"a": "x\x00"}', "json-syntax", (1, 9, 10), "U+0000"),
        ('{"a": "\\x"}', "json-syntax", (1, 8, 10), "no such escape"),
        ('{"a": "\\u12"}', "json-syntax", None, "hexadecimal"),
        ('{"a": "x', "json-syntax", (1, 7, 8), "never closed"),
        ('{"a": {', "json-syntax", (1, 8, 9), "ends in the middle"),
        ('{"a": NaN}', "invalid-number", (1, 7, 10), "`NaN`"),
        ('{"a": 1e999}', "invalid-number", (1, 7, 12), "`1e999`"),
        ('{"a": ' + "1" * 5000 + "}", "invalid-number", (1, 7, 5007), "5000 digits"),
        ('{"a": "x\\ud83d"}', "invalid-character", (1, 7, 16), "half of a surrogate pair"),
        ('{"\\ude00": 1}', "invalid-character", None, "half of a surrogate pair"),
        ('{"a": ' + "[" * DEEP, "too-deep", (1, 6 + MAX_DEPTH, 7 + MAX_DEPTH), "nested"),
        ('{"a": ' + "[" * 150 + "]" * 150 + "}", "too-deep", (1, 6 + MAX_DEPTH, 7 + MAX_DEPTH), "nested"),
        ('{"a":' * DEEP, "too-deep", None, "nested"),
    ],
)
def test_json(text: str, code: str, place: tuple[int, int, int] | None, words: str) -> None:
    faults = _faults(text, "json")
    assert [fault.code for fault in faults] == [code]
    assert words in faults[0].message
    if place is not None:
        assert _place(faults[0]) == place


@pytest.mark.parametrize("syntax", ["toml", "json"])
def test_the_deepest_allowed(syntax: Any) -> None:
    levels = MAX_DEPTH - 1
    inner = "[" * levels + "]" * levels
    text = f"a = {inner}" if syntax == "toml" else f'{{"a": {inner}}}'
    document, faults = parse_document(text, path="spec", format=syntax)
    assert faults == ()
    assert document is not None
    assert document.raw("/a" + "/0" * (levels - 1)) == "[]"


def test_a_text_with_many_dots_is_not_deep() -> None:
    text = "a = '" + "." * 500 + "'\nb = [" + "1.5, " * 300 + "]\n# " + "." * 500
    assert _faults(text, "toml") == ()


@pytest.mark.parametrize(
    ("text", "repeats"),
    [
        ("a = 1\na = 2", [("a", 2, 1)]),
        ("[a]\n[b]\n[a]", [("a", 3, 1)]),
        ("a = 1\n[a]\nx = 1\nx = 2", [("a", 2, 1), ("x", 4, 3)]),
        ("a.b = 1\n[a]", [("a", 2, 1)]),
        ("[a.b]\n[a]\nb.c = 1", [("b", 3, 1)]),
        ("a = {x = 1}\n[a.y]", [("a", 2, 1)]),
        ("a = {x = 1, x = 2}", [("x", 1, 1)]),
        ("a = [1]\n[[a]]", [("a", 2, 1)]),
        ("[a]\n[[a]]", [("a", 2, 1)]),
        ('"é\\n" = 1\n"é\\u000a" = 2', [("é\n", 2, 1)]),
        ("a = 1\na = 2\nb = 1\nb = 2", [("a", 2, 1), ("b", 4, 3)]),
    ],
)
def test_keys_given_twice_in_toml(text: str, repeats: list[tuple[str, int, int]]) -> None:
    document, faults = parse_document(text, path="spec", format="toml")
    assert document is None
    assert [fault.code for fault in faults] == ["duplicate-key"] * len(repeats)
    for fault, (name, second, first) in zip(faults, repeats, strict=True):
        assert fault.message == f"`{name}` is defined a second time"
        assert _place(fault)[0] == second
        assert fault.related[0].span.start.line == first


@pytest.mark.parametrize(
    "text",
    [
        "[a.b]\n[a]\n",
        "a.b = 1\na.c = 2\n",
        "[[a]]\n[a.b]\n[[a]]\n[a.b]\n",
        "[a]\nb.c = 1\nb.d = 2\n[a.e]\n",
        "a = {b.c = 1, b.d = 2}\n",
        "[a.b.c]\n[a]\nx.y = 1\n",
        "[[a.b]]\n[a]\n",
    ],
)
def test_tables_that_may_be_opened_again(text: str) -> None:
    assert _faults(text, "toml") == ()


def test_keys_given_twice_in_json_leave_a_document() -> None:
    text = '{"a": {"x": 1},\n "b": {"c": 1, "c": 2},\n "a": [3]}'
    document, faults = parse_document(text, path="spec", format="json")
    assert document is not None
    assert document.value == {"a": [3], "b": {"c": 2}}
    assert document.raw("/a/0") == "3"
    assert [(f.message, _place(f)[0], f.related[0].span.start.line) for f in faults] == [
        ("`c` is defined a second time", 2, 2),
        ("`a` is defined a second time", 3, 1),
    ]


def test_all_numbers_that_are_none() -> None:
    faults = _faults('{"NaN": "Infinity", "a": [NaN,\n-Infinity]}', "json")
    assert [_place(fault) for fault in faults] == [(1, 27, 30), (2, 1, 10)]


@pytest.mark.parametrize(
    ("content", "place", "words"),
    [
        (b"a = '\xe9'", (1, 6, 7), "0xe9"),
        (b"# \xc3\xa9\nb = '\xc3\xa9\xff'", (2, 7, 8), "0xff"),
        (b"\xef\xbb\xbfa = '\xff'", (1, 6, 7), "0xff"),
        (b"a = 1\r\nb = '\xc3", (2, 6, 7), "0xc3"),
        (b"\xff\xfea\x00", (1, 1, 2), "0xff"),
    ],
)
def test_bytes_that_are_not_utf8(content: bytes, place: tuple[int, int, int], words: str) -> None:
    (fault,) = _faults(content, "toml")
    assert fault.code == "not-utf8"
    assert _place(fault) == place
    assert words in fault.message


def test_utf16_is_named() -> None:
    (fault,) = _faults("a = 'é'".encode("utf-16"), "toml")
    assert fault.notes == ("the file looks like UTF-16: save it as UTF-8",)


def test_a_text_that_is_no_unicode() -> None:
    (fault,) = _faults("a = 1\nb = '\ud800'", "toml")
    assert fault.code == "not-utf8"
    assert _place(fault) == (2, 6, 7)


@pytest.mark.parametrize(
    "text", ["#" * (MAX_BYTES + 1), "#" + "é" * (MAX_BYTES // 2), b"#" * (MAX_BYTES + 1)]
)
def test_a_text_that_is_too_large(text: str | bytes) -> None:
    assert [fault.code for fault in _faults(text, "toml")] == ["file-too-large"]


def test_the_largest_text() -> None:
    assert _faults(b"#" * MAX_BYTES, "toml") == ()


@pytest.mark.parametrize(
    ("text", "syntax", "suggestion"),
    [("a = TRUE", "toml", "true"), ('{"a": None}', "json", "null"), ('{"a": False}', "json", "false")],
)
def test_suggestions(text: str, syntax: str, suggestion: str) -> None:
    assert _faults(text, syntax)[0].suggestion == suggestion


def test_a_trailing_comma_has_a_fix() -> None:
    text = '{"a": [1, 2,\n]}'
    (fault,) = _faults(text, "json")
    assert fault.fix is not None
    (edit,) = fault.fix.edits
    lines = text.split("\n")
    start, end = edit.span.start, edit.span.end
    lines[start.line - 1] = (
        lines[start.line - 1][: start.column - 1] + lines[start.line - 1][end.column - 1 :]
    )
    assert _faults("\n".join(lines), "json") == ()


@pytest.mark.parametrize(("text", "syntax"), [("a = [\n[1,\n", "toml"), ('{"a": [\n[1,\n', "json")])
def test_an_open_bracket_is_shown(text: str, syntax: str) -> None:
    (fault,) = _faults(text, syntax)
    assert [(related.message, related.span.start.line) for related in fault.related] == [("opened here", 2)]
