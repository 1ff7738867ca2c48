"""Bounds on what one evaluation may do, so that no template can exhaust memory or never end."""

from contextvars import ContextVar
from typing import Final

from evalspec.templates.errors import ExpressionFailed

__all__ = [
    "MAX_DEPTH",
    "MAX_EXPRESSION",
    "MAX_INTEGER_BITS",
    "MAX_ITEMS",
    "MAX_OUTPUT",
    "MAX_RANGE",
    "MAX_STEPS",
    "MAX_TEMPLATE",
    "MAX_VOLUME",
    "MAX_WIDTH",
    "Budget",
    "budget",
    "check_output",
    "running",
]

MAX_EXPRESSION: Final = 20_000
"""Characters in the text of an expression."""

MAX_TEMPLATE: Final = 1_000_000
"""Characters in the text of a template."""

MAX_OUTPUT: Final = 1_000_000
"""Characters that a template may render, unless told otherwise."""

MAX_VOLUME: Final = 16_000_000
"""Characters that one evaluation may produce in all, intermediate text included."""

MAX_STEPS: Final = 1_000_000
"""Turns of loops and elements handled by filters in one evaluation."""

MAX_RANGE: Final = 100_000
"""Numbers in one ``range()``."""

MAX_ITEMS: Final = 100_000
"""Elements of a list that ``+`` or ``*`` may make."""

MAX_INTEGER_BITS: Final = 1_024
"""Bits of an integer in between; a result must be a JSON number."""

MAX_WIDTH: Final = 1_000
"""Columns that ``indent``, ``format`` and the like may be asked for."""

MAX_DEPTH: Final = 200
"""How many arrays and objects may contain one another."""


def check_output(size: int, limit: int) -> None:
    """`ExpressionFailed` when a template's text is longer than allowed."""
    if size > limit:
        raise ExpressionFailed(f"The template renders more than {limit:,} characters.")


class Budget:
    """What is left for one evaluation to spend."""

    __slots__ = ("_steps", "_volume")

    def __init__(self) -> None:
        self._steps = MAX_STEPS
        self._volume = MAX_VOLUME

    def spend_steps(self, count: int) -> None:
        """Take loop turns; `ExpressionFailed` when there are not so many left."""
        self._steps -= count
        if self._steps < 0:
            raise ExpressionFailed(f"The evaluation takes more than {MAX_STEPS:,} steps.")

    def spend_volume(self, characters: int) -> None:
        """Take characters, before they are made; `ExpressionFailed` when there are not so many left."""
        self._volume -= characters
        if self._volume < 0:
            raise ExpressionFailed(f"The evaluation makes more than {MAX_VOLUME:,} characters of text.")


running: ContextVar[Budget] = ContextVar("evalspec_template_budget")
"""The budget of the evaluation under way. Jinja evaluates constants while compiling, too: without a budget
that fails, and Jinja leaves them for the evaluation."""


def budget() -> Budget:
    """The budget of the evaluation under way."""
    return running.get()
