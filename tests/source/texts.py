"""Writes trees of values as TOML and JSON in every layout the formats allow."""

import json
import re
import tomllib
from random import Random
from typing import Any

from evalspec.diagnostics.model import Span

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def cut(text: str, span: Span) -> str:
    """What stands at a span, worked out from lines and columns alone."""
    lines = text.split("\n")
    first, last = span.start.line - 1, span.end.line - 1
    if first == last:
        return lines[first][span.start.column - 1 : span.end.column - 1]
    inner = [
        lines[first][span.start.column - 1 :],
        *lines[first + 1 : last],
        lines[last][: span.end.column - 1],
    ]
    return "\n".join(inner)


class TomlWriter:
    """One spelling of a tree as TOML 1.0; `random` chooses among all that mean the same."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def write(self, tree: dict[str, Any]) -> str:
        text = "".join(self.section((), tree, header=None))
        if self.random.random() < 0.3:
            text = text.replace("\n", "\r\n")
        return text.rstrip("\r\n") if self.random.random() < 0.2 else text

    def section(self, path: tuple[str, ...], table: dict[str, Any], header: str | None) -> list[str]:
        body: list[str] = []
        groups: list[list[str]] = []
        for name, value in table.items():
            below = (*path, name)
            choice = self.random.random()
            if isinstance(value, dict) and choice < 0.5:
                groups.append(self.section(below, value, self.header(below, "[", "]")))
            elif isinstance(value, dict) and value and choice < 0.75:
                body.extend(self.dotted((name,), value))
            elif (
                isinstance(value, list) and value and choice < 0.6 and all(isinstance(v, dict) for v in value)
            ):
                header_line = self.header(below, "[[", "]]")
                groups.append([line for v in value for line in self.element(below, v, header_line)])
            else:
                body.append(self.statement((name,), value))
        self.random.shuffle(body)
        if header is None:
            self.random.shuffle(groups)
            return [*body, *(line for group in groups for line in group)]
        if body or not groups or self.random.random() < 0.5:
            groups.append([header, *body])
        self.random.shuffle(groups)
        return [line for group in groups for line in group]

    def element(self, path: tuple[str, ...], table: dict[str, Any], header: str) -> list[str]:
        # What belongs to one element of an array of tables has to follow its header.
        return [header, *self.section(path, table, header=None)]

    def dotted(self, way: tuple[str, ...], table: dict[str, Any]) -> list[str]:
        lines: list[str] = []
        for name, value in table.items():
            if isinstance(value, dict) and value and self.random.random() < 0.5:
                lines.extend(self.dotted((*way, name), value))
            else:
                lines.append(self.statement((*way, name), value))
        return lines

    def header(self, path: tuple[str, ...], opening: str, closing: str) -> str:
        return f"{self.blank()}{opening}{self.blank()}{self.key(path)}{self.blank()}{closing}{self.end()}"

    def statement(self, way: tuple[str, ...], value: Any) -> str:
        return f"{self.blank()}{self.key(way)}{self.blank()}={self.blank()}{self.value(value)}{self.end()}"

    def key(self, path: tuple[str, ...]) -> str:
        return f"{self.blank()}.{self.blank()}".join(self.part(part) for part in path)

    def part(self, name: str) -> str:
        if _BARE.fullmatch(name) and self.random.random() < 0.7:
            return name
        if self.random.random() < 0.3 and "'" not in name and name.isprintable():
            return f"'{name}'"
        return self.basic(name)

    def value(self, value: Any, *, inline: bool = False) -> str:
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, str):
            return self.string(value, multi_line=not inline)
        if isinstance(value, int):
            return self.random.choice([str(value), f"+{value}" if value >= 0 else str(value)])
        if isinstance(value, float):
            return repr(value)
        if isinstance(value, list):
            space = self.blank if inline else self.space
            parts = [f"{space()}{self.value(v, inline=inline)}{space()}" for v in value]
            comma = "," if parts and self.random.random() < 0.3 else ""
            return f"[{','.join(parts)}{comma}{space()}]"
        entries = (f"{self.key((k,))} = {self.value(v, inline=True)}" for k, v in value.items())
        return "{" + self.blank() + ", ".join(entries) + self.blank() + "}"

    def string(self, text: str, *, multi_line: bool) -> str:
        plain = all(c.isprintable() or c == "\n" for c in text) and "'" not in text
        choice = self.random.random()
        if plain and "\n" not in text and choice < 0.3:
            return f"'{text}'"
        if plain and multi_line and choice < 0.5:
            newline = "\n" if text.startswith("\n") or self.random.random() < 0.5 else ""
            return f"'''{newline}{text}'''"
        if multi_line and choice < 0.8:
            return self.multi_line(text)
        return self.basic(text)

    def multi_line(self, text: str) -> str:
        swallowing = False
        written = "\n" if text.startswith("\n") or self.random.random() < 0.5 else ""
        for character in text:
            # A line break right after a line-ending backslash would be swallowed; blanks are always escaped.
            if character == "\n" and not swallowing and self.random.random() < 0.7:
                written += "\n"
            elif character == '"' and not written.endswith('"') and self.random.random() < 0.5:
                written += '"'
            else:
                written += self.escape(character)
            swallowing = self.random.random() < 0.1
            if swallowing:
                written += "\\" + self.random.choice(["\n", "\n  \n ", "\n\t"])
        return '"""' + written + '"""'

    def basic(self, text: str) -> str:
        return '"' + "".join(self.escape(character) for character in text) + '"'

    def escape(self, character: str) -> str:
        number = ord(character)
        short = {"\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r", '"': '\\"', "\\": "\\\\"}
        if character in short and self.random.random() < 0.7:
            return short[character]
        must = character in short or number < 0x20 or number == 0x7F or character == " "
        if must or self.random.random() < 0.1:
            wide = f"\\U{number:08X}"
            return wide if number > 0xFFFF or self.random.random() < 0.3 else f"\\u{number:04x}"
        return character

    def blank(self) -> str:
        return self.random.choice(["", "", " ", "\t", "  "])

    def space(self) -> str:
        return self.random.choice(["", " ", "\n", "\n  ", " # ü, ] # note\n"])

    def end(self) -> str:
        return self.random.choice(["\n", "\n", '  # héllo [x] = "y\n', "\n\n# 'note'\n\n", " \n"])


class JsonWriter:
    """One spelling of a tree as JSON."""

    def __init__(self, random: Random) -> None:
        self.random = random

    def write(self, value: Any) -> str:
        return self.space() + self.value(value) + self.space()

    def value(self, value: Any) -> str:
        if isinstance(value, dict):
            pairs = (
                f"{self.space()}{self.string(k)}{self.space()}:{self.element(v)}" for k, v in value.items()
            )
            return "{" + (",".join(pairs) or self.space()) + "}"
        if isinstance(value, list):
            return "[" + (",".join(self.element(v) for v in value) or self.space()) + "]"
        if isinstance(value, str):
            return self.string(value)
        return json.dumps(value)

    def element(self, value: Any) -> str:
        return f"{self.space()}{self.value(value)}{self.space()}"

    def string(self, text: str) -> str:
        return json.dumps(text, ensure_ascii=self.random.random() < 0.5)

    def space(self) -> str:
        return self.random.choice(["", "", " ", "\n", "\r\n  ", "\t"])


def toml_piece(piece: str, quote: str) -> str:
    """What a piece of a TOML string's source stands for."""
    if quote == '"' and piece.startswith("\\"):
        return str(tomllib.loads(f'x = "{piece}"')["x"])
    return piece.replace("\r\n", "\n")
