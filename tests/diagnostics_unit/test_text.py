"""What people see."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalspec.diagnostics import Diagnostic, Edit, Fix, Position, Related, Span
from evalspec.diagnostics.render import RENDERERS
from evalspec.diagnostics.render.text import render_text


def _span(start: tuple[int, int], end: tuple[int, int], path: str = "a.toml") -> Span:
    return Span(path, Position(*start), Position(*end))


def _show(text: str, start: tuple[int, int], end: tuple[int, int]) -> list[str]:
    page = render_text([Diagnostic("toml-syntax", "m", span=_span(start, end))], {"a.toml": text})
    lines = page.splitlines()
    assert lines[0] == f"a.toml:{start[0]}:{start[1]}: error[toml-syntax]: m"
    assert lines[-2:] == ["", "1 error"]
    return lines[1:-2]


def test_a_whole_page() -> None:
    text = 'evalspec = 1\n\n[evaluators.exact]\ntype = "exact_mach"\n' + "#\n" * 6 + "[evaluators.exact]\n"
    wrong = Diagnostic(
        "unknown-type",
        "there is no evaluator `exact_mach`",
        span=_span((4, 8), (4, 20)),
        expected="contains, exact_match or regex",
        suggestion="exact_match",
        notes=("a note\nof two lines",),
        fix=Fix("write `exact_match`", (Edit(_span((4, 8), (4, 20)), '"exact_match"'),)),
    )
    twice = Diagnostic(
        "duplicate-key",
        "`exact` is defined a second time",
        span=_span((11, 13), (11, 18)),
        related=(Related("first defined here", _span((3, 13), (3, 18))),),
    )
    unused = Diagnostic("unused-score", "no evaluator gives `x`", span=Span.at("b.toml", 1, 1))
    nowhere = Diagnostic("file-not-found", "there is no file `c.toml`", suggestion="d.toml")
    assert render_text([unused, twice, wrong, nowhere], {"a.toml": text}) == (
        """\
error[file-not-found]: there is no file `c.toml`
  = help: did you mean `d.toml`?

a.toml:4:8: error[unknown-type]: there is no evaluator `exact_mach`
  |
4 | type = "exact_mach"
  |        ^^^^^^^^^^^^
  = expected: contains, exact_match or regex
  = help: did you mean `exact_match`?
  = note: a note
          of two lines
  = fix: write `exact_match`

a.toml:11:13: error[duplicate-key]: `exact` is defined a second time
   |
11 | [evaluators.exact]
   |             ^^^^^
  --> a.toml:3:13: first defined here
   |
 3 | [evaluators.exact]
   |             -----

b.toml:1:1: warning[unused-score]: no evaluator gives `x`

3 errors, 1 warning
"""
    )


def test_nothing_to_say() -> None:
    assert render_text([], {}) == ""


def test_the_end_of_a_line_and_of_a_file() -> None:
    assert _show("a =\n", (1, 4), (1, 5)) == ["  |", "1 | a =", "  |    ^"]
    assert _show("", (1, 1), (1, 1)) == ["  |", "1 |", "  | ^"]
    assert _show("a\n", (2, 1), (2, 1)) == ["  |", "2 |", "  | ^"]


def test_a_place_beyond_the_file_has_no_excerpt() -> None:
    assert _show("a", (9, 1), (9, 2)) == []


def test_windows_line_endings_are_not_shown() -> None:
    assert _show("a = 1\r\nb = 2\r\n", (2, 1), (2, 2)) == ["  |", "2 | b = 2", "  | ^"]


def test_a_mark_at_the_start_is_no_column() -> None:
    assert _show("\ufeffa = x", (1, 5), (1, 6)) == ["  |", "1 | a = x", "  |     ^"]


def test_tabs_and_wide_characters() -> None:
    assert _show("\ta\tb", (1, 4), (1, 5)) == ["  |", "1 |     a   b", "  |         ^"]
    assert _show('k = "漢字😀x"', (1, 6), (1, 9)) == ["  |", '1 | k = "漢字😀x"', "  |      ^^^^^^"]
    assert _show('k = "漢字x"', (1, 8), (1, 9)) == ["  |", '1 | k = "漢字x"', "  |          ^"]
    assert _show("e\u0301x y", (1, 5), (1, 6)) == ["  |", "1 | e\u0301x y", "  |    ^"]


def test_several_lines() -> None:
    text = "a = [\n  1,\n  2,\n]  # end\n"
    assert _show(text, (1, 5), (4, 2)) == [
        "  |",
        "1 | a = [",
        "  |     ^",
        "  | ...",
        "4 | ]  # end",
        "  | ^",
    ]
    assert _show(text, (2, 3), (3, 5)) == ["  |", "2 |   1,", "  |   ^^", "3 |   2,", "  |   ^^"]
    assert _show(text, (2, 3), (3, 1)) == ["  |", "2 |   1,", "  |   ^^"]


def test_a_very_long_line_is_cut_around_the_place() -> None:
    text = "x" * 5000 + "HERE" + "y" * 5000
    _, line, marks = _show(text, (1, 5001), (1, 5005))
    assert len(line) < 160
    assert line.startswith("1 | ... x")
    assert line.endswith("y ...")
    assert line[marks.index("^") :].startswith("HERE")
    assert marks.count("^") == 4
    _, line, marks = _show(text, (1, 1), (1, 9000))
    assert len(line) < 160
    assert len(marks) < 160
    assert not line.startswith("1 | ...")


def test_a_file_cannot_drive_the_terminal() -> None:
    hostile = "\x1b]0;pwned\x07\u202e\x9b31m\u2028\x00\u200b"
    text = f"a = '{hostile}' b"
    place = text.index("b") + 1
    _, line, marks = _show(text, (1, place), (1, place + 1))
    assert "\\x1b]0;pwned\\x07\\u202e\\x9b31m\\u2028\\x00\\u200b" in line
    assert line[marks.index("^")] == "b"
    item = Diagnostic(
        "unknown-field",
        f"no field `{hostile}`",
        span=Span.at(f"{hostile}.toml", 1, 1),
        expected=hostile,
        suggestion=hostile,
        notes=(hostile,),
        related=(Related(hostile, Span.at(hostile, 1, 1)),),
        fix=Fix(hostile, ()),
    )
    page = render_text([item], {f"{hostile}.toml": text, hostile: text})
    assert all(c == "\n" or unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Zl", "Zp"} for c in page)


def test_colours_are_only_around_the_text() -> None:
    item = Diagnostic("toml-syntax", "m", span=_span((1, 1), (1, 2)), expected="e")
    plain = render_text([item], {"a.toml": "abc"})
    coloured = RENDERERS["text"]([item], {"a.toml": "abc"}, color=True)
    assert "\x1b[1;31merror[toml-syntax]\x1b[0m" in coloured
    stripped = coloured
    for code in ("1;31", "1", "34", "0"):
        stripped = stripped.replace(f"\x1b[{code}m", "")
    assert stripped == plain
    assert "\x1b" not in plain


@pytest.mark.parametrize("color", [False, True])
@given(
    st.text(max_size=40),
    st.tuples(st.integers(1, 5), st.integers(1, 60)),
    st.tuples(st.integers(0, 3), st.integers(1, 60)),
)
def test_no_text_and_no_place_raise(
    color: bool, text: str, start: tuple[int, int], more: tuple[int, int]
) -> None:
    span = _span(start, (start[0] + more[0], max(more[1], start[1]) if not more[0] else more[1]))
    page = render_text([Diagnostic("toml-syntax", text, span=span)], {"a.toml": text}, color=color)
    page.encode()
    allowed = {"\n", "\x1b"} if color else {"\n"}
    assert all(c in allowed or unicodedata.category(c) not in {"Cc", "Cf", "Cs"} for c in page)
