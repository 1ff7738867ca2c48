"""What evaluators of other libraries have in common: inputs by name, and models of ours."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from evalspec.diagnostics import closest
from evalspec.evaluators.base import EvaluatorFields, Subject
from evalspec.evaluators.expressions import compile_lookup, names_for
from evalspec.kinds.json_tree import fresh
from evalspec.kinds.resolving import Resolving, Where

__all__ = ["Inputs", "check_inputs", "check_model"]


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
    for name, text in inputs.items():
        at: Where = ("inputs", name)
        if not open_ and name not in known:
            near = closest(name, known)
            listing = None if near else ", ".join(f"`{one}`" for one in known)
            message = f"`{what}` has no input `{name}`"
            resolving.report("unknown-field", message, at, key=True, suggestion=near, expected=listing)
        given = name in getattr(fields, "inputs", {})
        resolving.expression(at if given else (), text, names_for(fields))
    for name in known if required is None else required:
        if name not in inputs:
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
