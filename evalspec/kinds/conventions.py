"""How a Python function is called, decided by the names of its parameters alone.

The same rules hold when a spec is compiled (parameters read from source) and when it is run (parameters from
`inspect`), so that a spec that compiles can be called.
"""

import inspect
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

__all__ = [
    "CallPlan",
    "CannotCall",
    "Parameter",
    "ParameterKind",
    "evaluator_call",
    "named_call",
    "parameters_of",
    "run_evaluator_call",
    "task_call",
    "turn_call",
]

T = TypeVar("T")

TASK_NAMES = ("input", "expected_output", "metadata", "item")
LANGFUSE_NAMES = ("input", "output", "expected_output", "metadata")
TURN_NAMES = ("messages", "session_id", "item")
EVALUATOR_NAMES = (*LANGFUSE_NAMES, "item", "trial")


class ParameterKind(StrEnum):
    """The five kinds of parameters, called as in `inspect`."""

    POSITIONAL_ONLY = "positional_only"
    POSITIONAL_OR_KEYWORD = "positional_or_keyword"
    VAR_POSITIONAL = "var_positional"
    KEYWORD_ONLY = "keyword_only"
    VAR_KEYWORD = "var_keyword"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a function."""

    name: str
    kind: ParameterKind
    has_default: bool = False


class CannotCall(ValueError):
    """A function takes other arguments than it would get; the text is one sentence, `expected` what
    would do.
    """

    def __init__(self, message: str, expected: str) -> None:
        self.expected = expected
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class CallPlan:
    """Which values a function is called with: those named in `keywords`, or one as the only positional
    argument.
    """

    keywords: tuple[str, ...] = ()
    positional: str | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The values it gets, in either way."""
        return self.keywords if self.positional is None else (self.positional,)

    def prepared(
        self, function: Callable[..., Any], values: Mapping[str, Callable[[T], Any]]
    ) -> Callable[[T], Any]:
        """`function` of a subject, from which `values` gives what it takes; for calls that are many."""
        if self.positional is not None:
            only = values[self.positional]
            return lambda subject: function(only(subject))
        if len(self.keywords) == 1:
            [name], only = self.keywords, values[self.keywords[0]]
            return lambda subject: function(**{name: only(subject)})
        if len(self.keywords) == 2:
            (name, other), (value, second) = self.keywords, (values[each] for each in self.keywords)
            return lambda subject: function(**{name: value(subject), other: second(subject)})
        wanted = [(name, values[name]) for name in self.keywords]
        return lambda subject: function(**{name: value(subject) for name, value in wanted})

    def call(self, function: Callable[..., Any], value_of: Callable[[str], Any]) -> Any:
        """Call `function` with the values that `value_of` gives for their names."""
        if self.positional is not None:
            return function(value_of(self.positional))
        return function(**{name: value_of(name) for name in self.keywords})


def parameters_of(function: Callable[..., Any]) -> tuple[Parameter, ...]:
    """The parameters of a function that is loaded. ValueError or TypeError where Python does not know
    them.
    """
    return tuple(
        Parameter(
            parameter.name,
            ParameterKind[parameter.kind.name],
            parameter.default is not inspect.Parameter.empty,
        )
        for parameter in inspect.signature(function).parameters.values()
    )


def task_call(parameters: Sequence[Parameter]) -> CallPlan:
    """How a task is called.

    A task that takes `item` (or any keyword) and needs nothing else is called `task(item=item)`. One whose
    required parameters are all among `input`, `expected_output`, `metadata`, `item` gets those of them it
    takes by keyword. One with exactly one required positional parameter, whatever its name, gets the input.
    Raises CannotCall otherwise.
    """
    shape = _Shape(parameters)
    if shape.takes("item") and shape.required <= {"item"}:
        return CallPlan(keywords=("item",))
    accepted = tuple(name for name in TASK_NAMES if name in shape.keywords)
    if accepted and shape.required <= set(accepted):
        return CallPlan(keywords=accepted)
    if shape.single is not None:
        return CallPlan(positional="input")
    _refuse(
        shape,
        "a task",
        "`item`, or parameters named `input`, `expected_output`, `metadata`, or one parameter that gets the "
        "input",
        TASK_NAMES,
    )


def turn_call(parameters: Sequence[Parameter]) -> CallPlan:
    """How a function that answers in a conversation is called.

    It gets by keyword what it takes of `messages`, `session_id` and `item`. One with exactly one required
    positional parameter of another name gets the messages. Raises CannotCall otherwise.
    """
    shape = _Shape(parameters)
    accepted = tuple(
        name for name in TURN_NAMES if name in shape.keywords or (name != "item" and shape.takes(name))
    )
    if accepted and shape.required <= set(accepted):
        return CallPlan(keywords=accepted)
    if shape.single is not None:
        return CallPlan(positional="messages")
    _refuse(
        shape,
        "a function that answers",
        "parameters named `messages`, `session_id`, `item`, or one parameter that gets the messages",
        TURN_NAMES,
    )


def evaluator_call(parameters: Sequence[Parameter]) -> CallPlan:
    """How an evaluator is called.

    It gets by keyword what it takes of `input`, `output`, `expected_output`, `metadata`, `item` and `trial`;
    with `**kwargs` the first four in any case. One with exactly one required positional parameter of another
    name gets the output. Raises CannotCall otherwise.
    """
    shape = _Shape(parameters)
    accepted = tuple(
        name
        for name in EVALUATOR_NAMES
        if name in shape.keywords or (name in LANGFUSE_NAMES and shape.takes(name))
    )
    if accepted and shape.required <= set(accepted):
        return CallPlan(keywords=accepted)
    if shape.single is not None:
        return CallPlan(positional="output")
    _refuse(
        shape,
        "an evaluator",
        "parameters named `input`, `output`, `expected_output`, `metadata`, `item`, `trial`, or one "
        "parameter that gets the output",
        EVALUATOR_NAMES,
    )


def run_evaluator_call(parameters: Sequence[Parameter]) -> CallPlan:
    """How a function over all results is called: `f(item_results=…)`, or with one positional argument."""
    shape = _Shape(parameters)
    if shape.takes("item_results") and shape.required <= {"item_results"}:
        return CallPlan(keywords=("item_results",))
    if shape.single is not None:
        return CallPlan(positional="item_results")
    _refuse(
        shape,
        "an aggregate",
        "a parameter named `item_results`, or one parameter of another name",
        ("item_results",),
    )


def named_call(parameters: Sequence[Parameter], names: Collection[str]) -> CallPlan:
    """How the function of a plug-in is called: by keyword with what it takes of `names`, and with `**kwargs`
    all of them. Raises CannotCall where it needs anything else.
    """
    shape = _Shape(parameters)
    accepted = tuple(name for name in names if shape.takes(name))
    if shape.required <= set(accepted):
        return CallPlan(keywords=accepted)
    listed = ", ".join(f"`{name}`" for name in names)
    _refuse(shape, "a plug-in", f"parameters named {listed}", tuple(names))


class _Shape:
    """What matters of a list of parameters."""

    def __init__(self, parameters: Iterable[Parameter]) -> None:
        self.keywords: set[str] = set()
        self.positional_only: set[str] = set()
        self.required: set[str] = set()
        self.var_keyword = False
        required_positional: list[str] = []
        required_keyword = False
        for parameter in parameters:
            if parameter.kind is ParameterKind.VAR_KEYWORD:
                self.var_keyword = True
            elif parameter.kind is not ParameterKind.VAR_POSITIONAL:
                if parameter.kind is ParameterKind.POSITIONAL_ONLY:
                    # Its name is no way to reach it, so it can only be the single positional one.
                    self.positional_only.add(parameter.name)
                else:
                    self.keywords.add(parameter.name)
                if not parameter.has_default:
                    keyword_only = parameter.kind is ParameterKind.KEYWORD_ONLY
                    required_keyword |= keyword_only
                    if not keyword_only:
                        required_positional.append(parameter.name)
                    only = parameter.kind is ParameterKind.POSITIONAL_ONLY
                    self.required.add(f"{parameter.name} (positional only)" if only else parameter.name)
        self.single = (
            required_positional[0] if len(required_positional) == 1 and not required_keyword else None
        )

    def takes(self, name: str) -> bool:
        """Whether `name` can be given by keyword."""
        return name in self.keywords or (self.var_keyword and name not in self.positional_only)


def _refuse(shape: _Shape, what: str, expected: str, known: tuple[str, ...]) -> NoReturn:
    strange = sorted(shape.required - set(known))
    if strange:
        names = ", ".join(f"`{name}`" for name in strange)
        raise CannotCall(f"{what} is not given {names}", expected)
    raise CannotCall(f"the function takes nothing that {what} is given", expected)
