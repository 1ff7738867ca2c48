"""Run the code blocks of one Markdown page, from top to bottom, in the working directory.

    python -m tests.docs.run_page docs/index.md

Python blocks share their names and may use `await`. A console block is run where the line before it says
`<!-- run -->`, or `<!-- run: exit 1 -->` where that exit code is meant; each of its lines with `$ ` must call
evalspec. A Python block is left out where the line before it says `<!-- not run: the reason -->`.
"""

import ast
import asyncio
import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)[^\n]*$")
_RUN = re.compile(r"<!-- run(?:: exit (?P<code>\d+))? -->")
_NOT_RUN = re.compile(r"<!-- not run: \S.* -->")


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the number of its first line, its text, and the remark before it."""

    language: str
    line: int
    text: str
    remark: str

    @property
    def runs(self) -> bool:
        """Whether it is meant to be run."""
        if self.language == "python":
            return _NOT_RUN.fullmatch(self.remark) is None
        return self.language == "console" and _RUN.fullmatch(self.remark) is not None


def blocks(markdown: str) -> Iterator[Block]:
    """The fenced blocks of a page, in order. Raises ValueError for one that is never closed."""
    lines = markdown.splitlines()
    number = 0
    while number < len(lines):
        opened = _FENCE.match(lines[number])
        if opened is None:
            number += 1
            continue
        indent, start = opened["indent"], number + 1
        try:
            end = lines.index(indent + "```", start)
        except ValueError:
            raise ValueError(f"the block in line {start} is never closed") from None
        remark = next((line.strip() for line in reversed(lines[:number]) if line.strip()), "")
        text = "\n".join(line.removeprefix(indent) for line in lines[start:end])
        yield Block(opened["language"], start + 1, text, remark)
        number = end + 1


def run_python(block: Block, page: Path, names: dict[str, Any], runner: asyncio.Runner) -> None:
    """Run a block with the page's names; a traceback shows the page's line numbers."""
    source = "\n" * (block.line - 1) + block.text
    code = compile(source, str(page), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    result = eval(code, names)
    if inspect.iscoroutine(result):
        runner.run(result)


def run_console(block: Block, page: Path) -> None:
    """Run the commands of a block, and hold each to its exit code."""
    remark = _RUN.fullmatch(block.remark)
    expected = int(remark["code"] or 0) if remark else 0
    commands = re.sub(r"\\\n\s*", "", block.text).splitlines()
    for command in [line[2:] for line in commands if line.startswith("$ ")]:
        program, *arguments = shlex.split(command)
        if program != "evalspec":
            raise SystemExit(f"{page}:{block.line}: only evalspec is run, not `{program}`")
        call = [str(Path(sys.executable).with_name("evalspec")), *arguments]
        done = subprocess.run(call, capture_output=True, text=True, check=False)
        if done.returncode != expected:
            output = done.stdout + done.stderr
            raise SystemExit(f"{page}:{block.line}: `{command}` exited with {done.returncode}\n{output}")


def main(page: Path) -> None:
    """Run the blocks of `page`."""
    names: dict[str, Any] = {"__name__": "__main__"}
    with asyncio.Runner() as runner:
        for block in blocks(page.read_text(encoding="utf-8")):
            if not block.runs:
                continue
            if block.language == "python":
                run_python(block, page, names, runner)
            else:
                run_console(block, page)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
