"""Docstrings of field models as Markdown."""

import inspect
import textwrap

from pydantic import BaseModel


def docstring(model: type[BaseModel]) -> str:
    """The model's docstring with its indented examples fenced as TOML."""
    lines: list[str] = []
    inside = False
    for paragraph in inspect.cleandoc(model.__doc__ or "").split("\n\n"):
        example = paragraph.startswith(("    ", "["))
        if example and not inside:
            lines.append("```toml")
        elif not example and inside:
            lines.append("```\n")
        elif example:
            lines.append("")
        lines.append(textwrap.dedent(paragraph))
        if not example:
            lines.append("")
        inside = example
    if inside:
        lines.append("```")
    return "\n".join(lines).strip()
