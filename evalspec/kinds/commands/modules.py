"""Which files a command runs that names a module of Python and no file: `python3 -m assistant.answer`."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

__all__ = ["module_files", "named_module"]

_INTERPRETER: Final = re.compile(r"(python|pypy)[0-9.]*(\.exe)?")
_MODULE: Final = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_WITH_VALUE: Final = frozenset("WX")
"""Options that take the next argument, where their value does not follow at once."""
_LONG_WITH_VALUE: Final = "--check-hash-based-pycs"


def named_module(argv: Sequence[str]) -> tuple[str, bool] | None:
    """The module that an interpreter among the arguments is told to run, and whether the folder it runs in
    is one where it looks; None where there is none.
    """
    for index, argument in enumerate(argv):
        if _INTERPRETER.fullmatch(argument.replace("\\", "/").rpartition("/")[2]):
            return _module_after(argv[index + 1 :])
    return None


def _module_after(arguments: Sequence[str]) -> tuple[str, bool] | None:
    looks_here = True
    rest = iter(arguments)
    for argument in rest:
        if argument == _LONG_WITH_VALUE:
            next(rest, None)
            continue
        if argument.startswith("--"):
            continue
        if not argument.startswith("-") or argument == "-":
            return None
        for place, letter in enumerate(argument[1:], 2):
            if letter == "m":
                name = argument[place:] or next(rest, "")
                return name, looks_here
            if letter == "c":
                return None
            if letter in _WITH_VALUE:
                if not argument[place:]:
                    next(rest, None)
                break
            # Isolated, or with a safe path.
            looks_here = looks_here and letter not in "IP"
    return None


def module_files(module: str, folders: Sequence[Path]) -> list[Path]:
    """The files that make up a module found in the first of some folders that has it: the `__init__.py` of
    the packages it lies in, and itself; all of Python in it where it is a package. Empty where none has it,
    or the name is none.
    """
    if not _MODULE.fullmatch(module):
        return []
    *packages, last = module.split(".")
    for folder in folders:
        around = [folder.joinpath(*packages[:count], "__init__.py") for count in range(1, len(packages) + 1)]
        inside = folder.joinpath(*packages)
        # As Python does: a package before a module of the same name.
        if (inside / last / "__main__.py").is_file():
            found = sorted(_python_files(inside / last))
        elif (inside / f"{last}.py").is_file():
            found = [inside / f"{last}.py"]
        else:
            continue
        return [*(path for path in around if path.is_file()), *found]
    return []


def _python_files(package: Path) -> Iterator[Path]:
    for folder, _, names in os.walk(package):
        yield from (Path(folder, name) for name in names if name.endswith(".py"))
