"""The Jinja environment: a sandbox in which data has keys and indexes and nothing else."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any, Final

from jinja2 import StrictUndefined, TemplateSyntaxError, Undefined, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.lexer import TokenStream
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from evalspec.templates.checks import all_tests
from evalspec.templates.errors import ExpressionFailed
from evalspec.templates.filters import all_filters, steps
from evalspec.templates.limits import MAX_OUTPUT, budget
from evalspec.templates.operators import BINARY, UNARY, binary, bounded_range, concatenate, unary
from evalspec.templates.paths import get_step
from evalspec.templates.text import text_of, whole
from evalspec.templates.vocabulary import LOOP_FIELDS, LOOP_FUNCTIONS

__all__ = ["STEPS_FILTER", "MissingValue", "PlacedStream", "Sandbox", "missing_message", "sandbox"]

STEPS_FILTER: Final = "__steps"
"""The filter that every loop's iterable is wrapped in; its name is no name in a template."""

_LOOP: Final = LOOP_FIELDS | LOOP_FUNCTIONS


class MissingValue(StrictUndefined):
    """What stands for a missing name, key or index: any use is an error, except asking whether it is
    there."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        return self._undefined_hint or missing_message(self._undefined_name)


def missing_message(step: object) -> str:
    """The sentence by which the last step of a missing path is found again."""
    return f"`{step}` is missing."


class _Generator(CodeGenerator):
    """Jinja's code generator with `~` and slices made by the sandbox, as the other operators are."""

    def visit_Concat(self, node: nodes.Concat, frame: Frame) -> None:
        self.write("environment.concatenate((")
        for part in node.nodes:
            self.visit(part, frame)
            self.write(", ")
        self.write("))")

    def visit_Slice(self, node: nodes.Slice, frame: Frame) -> None:
        for position, limit in enumerate((node.start, node.stop, node.step)):
            if position:
                self.write(":")
            if limit is not None:
                self.write("environment.whole(")
                self.visit(limit, frame)
                self.write(")")


class PlacedStream(TokenStream):
    """Tokens whose line number is their offset in the source plus 1, from which every node has its place."""

    lengths: dict[int, int]
    """How long the token at an offset is, as far as the stream has been read."""


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox without Python attributes, with bounds, and with offsets instead of line numbers."""

    code_generator_class = _Generator
    intercepted_binops = frozenset(BINARY)
    intercepted_unops = frozenset(UNARY)

    def __init__(self) -> None:
        super().__init__(
            undefined=MissingValue,
            autoescape=False,
            keep_trailing_newline=True,
            finalize=text_of,
            optimized=False,
            cache_size=0,
        )
        self.filters = {**all_filters(), STEPS_FILTER: steps}
        self.tests = dict[str, Any](all_tests())
        self.globals = {"range": bounded_range}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """``obj.attribute``: a key, or what `loop` has."""
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """``obj[argument]``: a key or an index."""
        if isinstance(obj, Undefined):
            str(obj)  # raises: what is missing is said there
        value = get_step(obj, argument, Undefined)
        return self.undefined(obj=obj, name=argument) if value is Undefined else value

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """A binary operator, bounded."""
        for side in (left, right):
            if isinstance(side, Undefined):
                str(side)  # raises: what is missing is said there
        return binary(operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """A sign."""
        if isinstance(arg, Undefined):
            str(arg)  # raises: what is missing is said there
        return unary(operator, arg)

    @staticmethod
    def whole(limit: Any) -> Any:
        """A limit of a slice."""
        if isinstance(limit, Undefined):
            str(limit)  # raises: what is missing is said there
        return whole(limit)

    @staticmethod
    def concatenate(parts: tuple[Any, ...]) -> str:
        """``a ~ b``, bounded."""
        return concatenate(parts)

    @staticmethod
    def concat(parts: Iterable[str]) -> str:
        """The pieces of a `set` or `filter` block, bounded. (Jinja looks it up under this name.)"""
        pieces = list(parts)
        size = sum(map(len, pieces))
        if size > MAX_OUTPUT:
            raise ExpressionFailed(f"A text in between has more than {MAX_OUTPUT:,} characters.")
        budget().spend_volume(size)
        return "".join(pieces)

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        stream = PlacedStream.__new__(PlacedStream)
        stream.lengths = {}
        tokens = self.lexer.wrap(self._placed(source, state, stream.lengths), name, filename)
        stream.__init__(tokens, name, filename)  # type: ignore[misc]  # reads the first token, so comes last
        return stream

    def _placed(
        self, source: str, state: str | None, lengths: dict[int, int]
    ) -> Iterator[tuple[int, str, str]]:
        offset = 0
        try:
            for _line, token, value in self.lexer.tokeniter(source, None, None, state):
                # The only text between two tokens is whitespace that `{%-` removes.
                offset = source.index(value, offset)
                if value.strip():
                    lengths[offset] = len(value)
                yield offset + 1, token, value
                offset += len(value)
        except TemplateSyntaxError as error:
            raise TemplateSyntaxError(error.message or "", offset + 1) from None


@lru_cache(maxsize=1)
def sandbox() -> Sandbox:
    """The one environment."""
    return Sandbox()
