"""What evaluators of other libraries have in common: inputs by name, and models of ours."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from evalspec.diagnostics import Severity, closest
from evalspec.evaluators.base import EvaluatorFields, Subject
from evalspec.evaluators.expressions import compile_lookup, names_for
from evalspec.kinds.json_tree import fresh
from evalspec.kinds.resolving import Resolving, Where

__all__ = [
    "Inputs",
    "check_arguments",
    "check_inputs",
    "check_model",
    "present",
    "report_unknown_part",
]


class Inputs:
    """Expressions by the name of the parameter that gets their value."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._lookups = {name: compile_lookup(f"inputs.{name}", text) for name, text in texts.items()}

    def __call__(self, subject: Subject) -> dict[str, Any]:
        """The values for a subject, as copies. Raises EvaluationError."""
        scope = subject.scope()
        return {name: fresh(lookup(scope)) for name, lookup in self._lookups.items()}


def check_inputs(
    fields: EvaluatorFields,
    inputs: Mapping[str, str],
    known: Sequence[str],
    resolving: Resolving,
    *,
    open_: bool,
    what: str,
    required: Collection[str] | None = None,
) -> None:
    """Report what is wrong with `inputs`, of which those not in the spec are defaults: expressions, names
    that are not `known` (unless it is `open_`), and those that are `required` (all, unless said) and absent.
    """
    meant: set[str | None] = set()
    for name, text in inputs.items():
        at: Where = ("inputs", name)
        if not open_ and name not in known:
            near = closest(name, [one for one in known if one not in inputs])
            meant.add(near)
            listing = None if near else ", ".join(f"`{one}`" for one in known)
            message = f"`{what}` has no input `{name}`"
            resolving.report("unknown-field", message, at, key=True, suggestion=near, expected=listing)
        given = name in getattr(fields, "inputs", {})
        resolving.expression(at if given else (), text, names_for(fields))
    for name in known if required is None else required:
        if name not in inputs and name not in meant:
            message = f"`{what}` needs the input `{name}`"
            at = ("inputs",) if getattr(fields, "inputs", None) else ()
            resolving.report("missing-field", message, at, expected=f"`inputs.{name}`, an expression")


def check_model(resolving: Resolving, field: str, name: str | None, needed: bool | None) -> str | None:
    """The digest of the model in a field, None without one, after reporting that it is missing, that there is
    none of this name, or that it is not asked. `needed` is None where that is not known.
    """
    if name is None:
        if needed:
            message = f"this asks a model, and there is no `{field}`"
            resolving.report("missing-field", message, expected=f"`{field}`, a name from `[models]`")
        return None
    model = resolving.model((field,), name)
    if needed is False:
        message = f"`{field}` is not asked for anything here"
        resolving.report("wrong-value", message, (field,), expected=f"no `{field}`")
    return None if model is None else model.digest


def check_arguments(
    resolving: Resolving,
    what: str,
    given: Collection[str],
    known: Sequence[str],
    required: Collection[str] = (),
) -> None:
    """Report arguments that `what` does not have, and those it needs."""
    for name in given:
        if name not in known:
            near = closest(name, known)
            listing = ", ".join(f"`{one}`" for one in known) or "no `arguments`"
            resolving.report(
                "unknown-field",
                f"`{what}` has no argument `{name}`",
                ("arguments", name),
                key=True,
                suggestion=near,
                expected=None if near else listing,
            )
    for name in required:
        if name not in given:
            message = f"`{what}` needs the argument `{name}`"
            resolving.report("missing-field", message, ("arguments",) if given else ())


def report_unknown_part(
    resolving: Resolving,
    library: str,
    field: str,
    name: str,
    known: Collection[str],
    version: str,
    installed: str | None,
) -> None:
    """Report a name that a library does not have in the version that is known here: a mistake, or, where
    another version is installed, something that cannot be told.
    """
    near = closest(name, known)
    other = installed is not None and installed != version
    message = f"{library} {version} has no {field} `{name}`"
    if other:
        message += f", and what version {installed} has is not known here"
    resolving.report(
        "wrong-value",
        message,
        (field,),
        suggestion=near,
        expected=None if near else ", ".join(f"`{one}`" for one in known),
        severity=Severity.WARNING if other else Severity.ERROR,
    )


def present(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields without those that hold nothing."""
    return {name: value for name, value in fields.items() if value is not None and value != {}}
