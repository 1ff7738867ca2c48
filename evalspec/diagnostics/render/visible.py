"""Text from a file, made safe and measurable for a terminal."""

import unicodedata

_TAB = 4
# Controls, format characters (among them the ones that turn the direction of writing), halves of surrogate
# pairs, line and paragraph separators: none may reach a terminal as it is.
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def cell(character: str, column: int = 0) -> tuple[str, int]:
    """How a character is shown that starts in display column `column` (from 0), and its width."""
    if " " <= character <= "~":
        return character, 1
    if character == "\t":
        width = _TAB - column % _TAB
        return " " * width, width
    category = unicodedata.category(character)
    if category in _HIDDEN:
        shown = escaped(character)
        return shown, len(shown)
    if category in {"Mn", "Me"}:
        return character, 0
    return character, 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def escaped(character: str) -> str:
    """A character by its number, as Python and TOML spell it."""
    number = ord(character)
    if number < 0x100:
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, f"\\x{number:02x}")
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def visible(text: str) -> str:
    """One line of text that cannot drive a terminal: whatever is not seen is escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(escaped(c) if unicodedata.category(c) in _HIDDEN else c for c in text)
