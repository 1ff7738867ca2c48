from evalspec.report.columns import Entry, annotated, in_cell, ledger
from evalspec.report.page import Page, lines, text

LONG = "a_name_with_more_letters_than_a_narrow_page_has_room_for"


def shown(part: object, width: int) -> list[str]:
    page = Page(width, color=False)
    page.add(part)  # type: ignore[arg-type]  # what these functions give
    return str(page).splitlines()


def entry(name: str, *cells: str, words: str | None = None) -> Entry:
    return Entry(text(name), [text(cell) for cell in cells], None if words is None else text(words))


def test_words_stand_behind_the_names_where_all_have_room() -> None:
    entries = [entry("name", "value"), entry("a", "0.5", words="mean of x"), entry("bcd", "12")]
    assert shown(ledger(entries, 40), 40) == [
        "name          value",
        "a  mean of x    0.5",
        "bcd              12",
    ]
    assert shown(ledger(entries, 16), 16) == [
        "name  value",
        "a       0.5",
        "  mean of x",
        "bcd      12",
    ]


def test_a_long_name_stays_whole_above_its_cells() -> None:
    entries = [entry("name", "value"), entry(LONG, "0.5"), entry("b", "1")]
    assert shown(ledger(entries, 60), 60) == ["name  value", LONG, "        0.5", "b         1"]


def test_cells_flush_left() -> None:
    entries = [entry("run", "status", "n"), entry("1", "ok", "10")]
    assert shown(ledger(entries, 40, left={0}), 40) == ["run  status   n", "1    ok      10"]


def test_words_are_broken_in_their_column_or_stand_below() -> None:
    words = "some words that go on for a while and then some more"
    assert shown(annotated([entry("task", "2 ×", words=words)], 40), 40) == [
        "task  2 ×  some words that go on for a",
        "           while and then some more",
    ]
    assert shown(annotated([entry("task", "2 ×", words=words)], 30), 30) == [
        "task  2 ×",
        "  some words that go on for a",
        "  while and then some more",
    ]


def test_a_word_is_not_broken_where_it_has_room_below() -> None:
    entries = [entry("gate_of_some_length", words=f"{LONG} is 0.5")]
    assert shown(annotated(entries, 70), 70) == ["gate_of_some_length", f"  {LONG} is 0.5"]


def test_a_long_label_stands_beside_its_cell() -> None:
    assert in_cell("0.5000") == ("0.5000", None)
    assert in_cell("a label of twenty-five") == ("label", "a label of twenty-five")


def test_words_of_several_lines_keep_them() -> None:
    entries = [entry("one"), Entry(text("two"), words=lines("yes\n\nno \x1b[1m"))]
    assert shown(annotated(entries, 40), 40) == ["one", "two  yes", "", "     no \\x1b[1m"]
    assert shown(ledger(entries, 40), 40) == ["one", "two", "  yes", "", "  no \\x1b[1m"]
