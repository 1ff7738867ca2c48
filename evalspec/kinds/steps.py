"""The steps of a chain, as the expressions and templates of its steps may name them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from evalspec.diagnostics import closest
from evalspec.templates.paths import parse_path

__all__ = ["StepNames"]


@dataclass(frozen=True, slots=True)
class StepNames:
    """The names of the steps that have an output where an expression is evaluated, and of all."""

    before: tuple[str, ...]
    all: tuple[str, ...]

    def mistake(self, text: str, path: str) -> dict[str, Any] | None:
        """What is wrong with a path that an expression or template reads, as a problem has it."""
        steps = parse_path(path) or ()
        if len(steps) < 2 or steps[0] != "steps" or steps[1] in self.before:
            return None
        name = str(steps[1])
        found = text.find(name)
        place = {"offset": found, "length": len(name)} if found >= 0 else {}
        if name in self.all:
            message, near = f"the step `{name}` has no output yet", None
        else:
            message, near = f"there is no step `{name}`", closest(name, self.before)
        return {"message": message, "suggestion": near, "expected": None if near else self._known, **place}

    @property
    def _known(self) -> str:
        return ", ".join(f"`{name}`" for name in self.before) or "a step that comes before"

    @classmethod
    def at(cls, position: int, names: Iterable[str]) -> "StepNames":
        """Those of the step at a position."""
        known = tuple(names)
        return cls(known[:position], known)
