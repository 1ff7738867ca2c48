"""The fenced code blocks of a Markdown text (CommonMark 0.31, section 4.5)."""

import re
from dataclasses import dataclass
from typing import Final

__all__ = ["Fence", "code_fences"]

# Any indentation: models put fences into lists, and indent them as they like.
_OPENING: Final = re.compile(r"[ \t]*(`{3,}+|~{3,}+)[ \t]*([^`\r\n]*)")


@dataclass(frozen=True, slots=True)
class Fence:
    """A block: the first word of what stands behind its opening fence, in lower case, and the content."""

    language: str
    content: str


def code_fences(text: str) -> list[Fence]:
    """The blocks in their order; one that is not closed ends with the text."""
    found: list[Fence] = []
    mark, language = "", ""
    lines: list[str] = []
    for line in text.splitlines():
        if not mark:
            opening = _OPENING.fullmatch(line)
            if opening is not None:
                mark, language = opening[1], (opening[2].split() or [""])[0].lower()
        elif _closes(line.strip(), mark):
            found.append(Fence(language, "\n".join(lines)))
            mark, lines = "", []
        else:
            lines.append(line)
    if mark:
        found.append(Fence(language, "\n".join(lines)))
    return found


def _closes(line: str, mark: str) -> bool:
    return len(line) >= len(mark) and line == mark[0] * len(line)
