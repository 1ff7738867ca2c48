"""The steps of a chain: tasks of other kinds, each with what stands in a spec, in a plan and in a digest."""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, create_model

from evalspec.kinds.fields import KindFields
from evalspec.kinds.resolving import Resolving
from evalspec.kinds.steps import StepNames
from evalspec.tasks import TASKS
from evalspec.tasks.base import TaskKind
from evalspec.tasks.variables import task_names

if TYPE_CHECKING:
    from evalspec.fingerprint.code import CodeFingerprint

__all__ = ["FIRST_NAMES", "LATER_NAMES", "ResolvedStep", "StepFields", "resolve_step", "step_models"]

FIRST_NAMES: Final = frozenset({"steps"})
LATER_NAMES: Final = FIRST_NAMES | {"previous"}
"""What a step may name besides the item; the first has nothing before it."""

_OF_THE_TASK: Final = ("timeout", "repeats")
_OF_THE_STEP: Final = ("name", "input")


class StepFields(KindFields):
    """Fields that every step has."""

    name: str = Field(
        description="Name of the step: its output is `steps.<name>` to those after it.",
        pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,63}$",
        examples=["retrieve"],
    )


_INPUT: Final = Field(
    None,
    description="Expression for the `input` of the item that is handed on; by default that of the item "
    "in the first step, and the output of the step before in the others.",
    examples=["steps.retrieve"],
)


class _StepModels(Mapping[str, type[KindFields]]):
    """Those of plug-ins can be asked for as well, and are not among those that are listed: as in TASKS."""

    def __init__(self) -> None:
        self._models: dict[str, type[KindFields]] = {}

    def __getitem__(self, name: str) -> type[KindFields]:
        if name == "chain":
            raise KeyError(name)
        if ":" in name:
            # Asked for anew each time, as its kind is.
            return _step_model(TASKS[name])
        if name not in self._models:
            self._models[name] = _step_model(TASKS[name])
        return self._models[name]

    def __iter__(self) -> Iterator[str]:
        return (name for name in TASKS if name != "chain")

    def __len__(self) -> int:
        return len(TASKS) - 1


_MODELS: Final = _StepModels()


def step_models() -> Mapping[str, type[KindFields]]:
    """The fields of a step by the kind of task that it is; a chain is no step. Asking for a plug-in that
    cannot be had raises PluginError.
    """
    return _MODELS


def _step_model(kind: TaskKind[Any]) -> type[KindFields]:
    own = {
        name: (field.annotation, field)
        for name, field in kind.fields.model_fields.items()
        if name not in _OF_THE_TASK
    }
    more: dict[str, Any] = {"input": (str | None, _INPUT)} if kind.hands_item else {}
    with warnings.catch_warnings():
        # pydantic's own `schema` is deprecated, and a kind may have such a field.
        warnings.filterwarnings("ignore", 'Field name "(schema|json)"', UserWarning)
        fields: dict[str, Any] = {"name": (str, StepFields.model_fields["name"]), **more, **own}
        return create_model(
            f"{kind.fields.__name__}Step", __base__=StepFields, __doc__=kind.fields.__doc__, **fields
        )


@dataclass(frozen=True, slots=True)
class ResolvedStep:
    """What the plan keeps of a step, what the digest covers, and the code behind it."""

    kept: dict[str, Any]
    identity: dict[str, Any]
    codes: "dict[str, CodeFingerprint]"
    unpinned: tuple[str, ...]


def resolve_step(fields: Any, position: int, names: tuple[str, ...], resolving: Resolving) -> ResolvedStep:
    """A step of a chain whose steps have these names; its mistakes are reported at its place."""
    kind = TASKS[fields.type]
    inner = resolving.part(
        names=LATER_NAMES if position else FIRST_NAMES, steps=StepNames.at(position, names)
    )
    given = {name: getattr(fields, name) for name in fields.model_fields_set if name not in _OF_THE_STEP}
    resolved = kind.resolve(kind.fields.model_validate(given), inner)
    head = {"name": fields.name, "type": kind.type}
    text = getattr(fields, "input", None)
    if text is not None:
        inner.expression(("input",), text, task_names(inner))
        head["input"] = text
    resolving.take(("steps", position), inner)
    codes = {f"steps.{fields.name}.{part}": code for part, code in resolved.codes.items()}
    if resolved.code is not None:
        codes[f"steps.{fields.name}"] = resolved.code
    return ResolvedStep(
        kept={**head, "fields": resolved.fields},
        identity={**head, "semantics": kind.semantics, "fields": resolved.identity},
        codes=codes,
        unpinned=tuple(f"the step `{fields.name}`: {why}" for why in resolved.unpinned),
    )
