"""Python functions named by a spec: checked by reading their source, loaded by path, called by their
parameters.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import Field

from evalspec.diagnostics import closest
from evalspec.kinds.conventions import (
    CallPlan,
    CannotCall,
    Parameter,
    ParameterKind,
    evaluator_call,
    parameters_of,
    run_evaluator_call,
    task_call,
    turn_call,
)
from evalspec.kinds.fields import KindFields
from evalspec.kinds.importing import LoadError, import_from
from evalspec.kinds.json_tree import fresh
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolving, Where
from evalspec.kinds.wording import message_of

if TYPE_CHECKING:
    from evalspec.fingerprint.code import CodeFingerprint

__all__ = [
    "LoadError",
    "LoadedCallable",
    "check_evaluator",
    "check_run_evaluator",
    "check_task",
    "check_turn",
    "load_callable",
    "load_evaluator",
    "load_run_evaluator",
    "load_task",
    "load_turn",
]

Convention = Callable[[Sequence[Parameter]], CallPlan]


class CallableFields(KindFields):
    """Fields that name Python code and what it reads."""

    callable: str = Field(
        description="The function, as `package.module:name`. Modules are looked for beside the spec, in the "
        "project root and in its `src` folder.",
        examples=["assistant.answers:capital_of"],
    )
    files: list[str] = Field(
        default_factory=list,
        description="Files that the code reads besides code, as patterns relative to the project root; their "
        "content belongs to the digest.",
        examples=[["assistant/prompts/*.txt"]],
    )
    env: list[str] = Field(
        default_factory=list,
        description="Names of environment variables that the code reads; digests of their values belong to "
        "the digest.",
        examples=[["REGION"]],
    )


class FactoryFields(CallableFields):
    """Fields that name a function, or what makes one."""

    arguments: dict[str, Any] | None = Field(
        None,
        description="Arguments, by name, of `callable`, which then is a factory or a class: it is called "
        "with them once when a run begins, and what it returns is the function.",
        examples=[{"threshold": 0.8}],
    )


class LoadedCallable:
    """A function that is ready to be called, and how.

    Called with values by name it hands on those that the function takes, in the way it takes them.
    """

    __slots__ = ("call", "function", "is_async", "reference")

    def __init__(self, reference: str, function: Callable[..., Any], call: CallPlan) -> None:
        self.reference = reference
        self.function = function
        self.call = call
        self.is_async = _is_async(function)

    def __call__(self, **values: Any) -> Any:
        return self.call.call(self.function, values.__getitem__)


def check_task(resolving: Resolving, at: Where, code: "CodeFingerprint") -> CallPlan | None:
    """Report, from source alone, a function that no task can be made of."""
    return _check(resolving, at, code, task_call)


def check_turn(resolving: Resolving, at: Where, code: "CodeFingerprint") -> CallPlan | None:
    """Report, from source alone, a function that cannot answer in a conversation."""
    return _check(resolving, at, code, turn_call)


def check_evaluator(resolving: Resolving, at: Where, code: "CodeFingerprint") -> CallPlan | None:
    """Report, from source alone, a function that no evaluator can be made of."""
    return _check(resolving, at, code, evaluator_call)


def check_run_evaluator(resolving: Resolving, at: Where, code: "CodeFingerprint") -> CallPlan | None:
    """Report, from source alone, a function that cannot be called with all results."""
    return _check(resolving, at, code, run_evaluator_call)


def check_factory(
    resolving: Resolving, at: Where, code: "CodeFingerprint", arguments: Mapping[str, Any]
) -> None:
    """Report, from source alone, a factory that cannot be called with these arguments."""
    signature = code.signature
    if signature is None:
        return
    if signature.is_async or signature.is_generator:
        what = "asynchronous" if signature.is_async else "a generator"
        message = f"a factory returns the function at once, and this is {what}"
        resolving.report("callable-signature", message, at, expected="a function that returns a function")
        return
    by_name = {
        parameter.name: parameter
        for parameter in signature.params
        if parameter.kind in ("positional_or_keyword", "keyword_only")
    }
    for name in arguments:
        if name not in by_name and not signature.takes_any_keyword:
            near = closest(name, by_name)
            listing = None if near else (", ".join(f"`{one}`" for one in by_name) or "no arguments")
            message, where = f"the factory takes no `{name}`", (*at[:-1], "arguments", name)
            resolving.report("unknown-field", message, where, key=True, suggestion=near, expected=listing)
    for name, parameter in by_name.items():
        if not parameter.has_default and name not in arguments:
            resolving.report("missing-field", f"the factory needs `{name}`", (*at[:-1], "arguments"))


def load_task(reference: str, loading: Loading, arguments: Mapping[str, Any] | None = None) -> LoadedCallable:
    """Load a function as a task; with `arguments` the one that a factory makes. Raises LoadError."""
    return _load(reference, loading, task_call, arguments)


def load_turn(reference: str, loading: Loading) -> LoadedCallable:
    """Load a function that answers in a conversation. Raises LoadError."""
    return _load(reference, loading, turn_call)


def load_evaluator(
    reference: str, loading: Loading, arguments: Mapping[str, Any] | None = None
) -> LoadedCallable:
    """Load a function as an evaluator; with `arguments` the one that a factory makes. Raises LoadError."""
    return _load(reference, loading, evaluator_call, arguments)


def load_run_evaluator(reference: str, loading: Loading) -> LoadedCallable:
    """Load a function over all results. Raises LoadError."""
    return _load(reference, loading, run_evaluator_call)


def load_callable(reference: str, loading: Loading) -> Callable[..., Any]:
    """The function that `module:name` or `module:Class.method` names. Raises LoadError."""
    value = _named(reference, loading)
    if inspect.isclass(value):
        raise LoadError(f"`{reference}` is a class; name a function, or an instance that can be called")
    return _function(reference, value)


def _named(reference: str, loading: Loading) -> Any:
    module_name, colon, path = reference.partition(":")
    if not (module_name and colon and path):
        raise LoadError(f"`{reference}` does not name a function; write `package.module:name`")
    value: Any = import_from(module_name, loading.search_path)
    for name in path.split("."):
        try:
            value = getattr(value, name)
        except AttributeError:
            raise LoadError(f"`{module_name}` has no `{path}`") from None
    return value


def _made(reference: str, loading: Loading, arguments: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that a factory makes of its arguments."""
    factory = _named(reference, loading)
    if not callable(factory):
        raise LoadError(f"`{reference}` is {type(factory).__name__} and cannot be called")
    try:
        made = factory(**fresh(dict(arguments)))
    except Exception as error:  # whatever user code raises
        why = f"{type(error).__name__}: {message_of(error)}"
        raise LoadError(f"the factory `{reference}` raised {why}") from error
    return _function(f"what `{reference}` made", made)


def _function(reference: str, value: Any) -> Callable[..., Any]:
    if not callable(value):
        raise LoadError(f"{_quoted(reference)} is {type(value).__name__} and cannot be called")
    if inspect.isgeneratorfunction(value) or inspect.isasyncgenfunction(value):
        raise LoadError(f"{_quoted(reference)} is a generator; write a function that returns its result")
    return value  # type: ignore[no-any-return]  # callable() has just said so


def _load(
    reference: str, loading: Loading, convention: Convention, arguments: Mapping[str, Any] | None = None
) -> LoadedCallable:
    if arguments is None:
        function = load_callable(reference, loading)
    else:
        function = _made(reference, loading, arguments)
    try:
        plan = convention(parameters_of(function))
    except CannotCall as error:
        raise LoadError(f"`{reference}` cannot be called: {error}; it may take {error.expected}") from None
    except (TypeError, ValueError):
        raise LoadError(f"the parameters of `{reference}` cannot be read") from None
    return LoadedCallable(reference, function, plan)


def _quoted(reference: str) -> str:
    return reference if "`" in reference else f"`{reference}`"


def _is_async(function: Callable[..., Any]) -> bool:
    # An instance with an async __call__ is not recognised by itself.
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def _check(
    resolving: Resolving, at: Where, code: "CodeFingerprint", convention: Convention
) -> CallPlan | None:
    signature = code.signature
    if signature is None:
        return None
    if signature.is_class:
        message = "a class makes an instance and gives no result"
        resolving.report(
            "callable-signature", message, at, expected="a function, or an instance of the class"
        )
        return None
    if signature.is_generator:
        message = "a generator gives no single result"
        resolving.report("callable-signature", message, at, expected="a function that returns its result")
        return None
    parameters = [
        Parameter(parameter.name, ParameterKind(parameter.kind), parameter.has_default)
        for parameter in signature.params
    ]
    try:
        return convention(parameters)
    except CannotCall as error:
        resolving.report("callable-signature", str(error), at, expected=error.expected)
        return None
