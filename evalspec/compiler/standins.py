"""What is read in the place of wrong values, so that all the rest of their table is looked at as well.

What was meant there is not known. So a document with such mistakes is read several times, each time with
something else in their places: what is found in every reading does not come from what stands in.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, zip_longest
from types import UnionType
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

READINGS: Final = 3
"""How often a document is read in which something stands in for mistakes."""

Steps = tuple[int | str, ...]
"""The path of a value below its table."""

_TEXTS: Final = ("x", "''", "y", "x:x", "y:y")
"""For what texts are: names, expressions, templates, models."""
_NUMBERS: Final = (1, 2, 0, 0.5, 10, 100, 1000)
_ABSENT: Final[Any] = object()
_MOST: Final = 20
"""The places of one table in which something stands in; with more mistakes it is read no further."""


def read(model: type[BaseModel], value: Any) -> tuple[BaseModel | None, list[ErrorDetails]]:
    """The table as a model, or what is wrong with it: within a value that may be several things, if it is."""
    try:
        return model.model_validate(value), []
    except ValidationError as error:
        faults = error.errors(include_url=False)
    paths = [path_of(value, fault) for fault in faults]
    around = {path[:end] for path in paths for end in range(len(path))}
    return None, [fault for fault, path in zip(faults, paths, strict=True) if path not in around]


def path_of(value: Any, fault: ErrorDetails) -> Steps:
    """The path of what is wrong, or of what is missing."""
    path = existing(value, fault["loc"])
    return (*path, fault["loc"][-1]) if fault["type"] == "missing" else path


def existing(value: Any, location: Steps) -> Steps:
    """The part of pydantic's location that is a path in the value; names of union members are left out."""
    path: list[int | str] = []
    for part in location:
        if isinstance(part, int):
            if not isinstance(value, list) or part >= len(value):
                continue
            value = value[part]
        elif isinstance(value, dict) and part in value:
            value = value[part]
        else:
            continue
        path.append(part)
    return tuple(path)


def with_stand_ins(
    model: type[BaseModel], value: Any, wrong: Iterable[Steps], reading: int
) -> tuple[BaseModel | None, set[Steps]]:
    """The table with something else at the paths that are wrong, and these paths.

    Where nothing can stand in, it does for the table or list around it; None where there is nothing left.
    """
    replaced: set[Steps] = set()
    found, paths = None, set(wrong)
    if len(paths) > _MOST:
        return None, replaced
    while found is None:
        for path in sorted(paths, key=str):
            fitting: list[Any] = []
            while not fitting:
                if not path:
                    return None, replaced
                if path not in replaced:
                    replaced.add(path)
                    fitting = _fitting(model, value, path)
                path = path if fitting else path[:-1]
            value = _replaced(value, path, fitting[reading % len(fitting)])
        found, faults = read(model, value)
        paths = {path_of(value, fault) for fault in faults}
    return found, replaced


def names_at(model: type[BaseModel], value: Any, path: Steps) -> list[str]:
    """The keys that the table at a path may have; none where that is any."""
    for one in _members(_annotation(model, value, path)):
        if _is_model(one):
            return list(one.model_fields)
        if get_origin(one) is dict and get_origin(get_args(one)[0]) is Literal:
            return list(get_args(get_args(one)[0]))
    return []


def _fitting(model: type[BaseModel], value: Any, path: Steps) -> list[Any]:
    """What could stand at a path, nothing first."""
    found = _examples(_annotation(model, value, path))
    nothing = () if isinstance(path[-1], int) else (_ABSENT,)
    return [one for one in chain(nothing, found) if _fits(model, value, path, one)]


def _fits(model: type[BaseModel], value: Any, path: Steps, example: Any) -> bool:
    tree = _replaced(value, path, example)
    return not any(path_of(tree, fault)[: len(path)] == path for fault in read(model, tree)[1])


def _examples(annotation: Any) -> list[Any]:
    """Values that an annotation may be, different ones first."""
    sorts = [_of_one_sort(one) for one in _members(annotation)]
    return [one for turn in zip_longest(*sorts, fillvalue=_ABSENT) for one in turn if one is not _ABSENT]


def _of_one_sort(annotation: Any) -> Sequence[Any]:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return arguments
    if annotation is bool:
        return (False, True)
    if annotation in (int, float):
        return [annotation(number) for number in _NUMBERS]
    if annotation is str:
        return _TEXTS
    if origin is list:
        return [*([one] for one in _examples(arguments[0])), []]
    if origin is dict:
        keys = get_args(arguments[0]) or ("x",)
        return [*({key: one} for one in _examples(arguments[1]) for key in keys), {}]
    if _is_model(annotation):
        return _tables(annotation)
    return ()


def _tables(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Tables in turn with what they need and with all that they may have."""
    fields = {name: _examples(field.annotation) for name, field in model.model_fields.items()}
    needed = [name for name, field in model.model_fields.items() if field.is_required()]
    if not fields or not all(fields[name] for name in needed):
        return []
    return [
        {
            name: found[turn % len(found)]
            for name, found in fields.items()
            if found and (full or name in needed)
        }
        for turn in range(len(_TEXTS))
        for full in (False, True)
    ]


def _annotation(model: type[BaseModel], value: Any, path: Steps) -> Any:
    """What the value at a path has to be; None where there is no such key."""
    annotation: Any = model
    for part in path:
        below = (_below(one, value, part) for one in _members(annotation))
        annotation = next((one for one in below if one is not None), None)
        value = _step(value, part)
    return annotation


def _below(annotation: Any, holder: Any, part: int | str) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if isinstance(part, int) or isinstance(holder, list):
        return arguments[0] if origin is list else None
    if _is_model(annotation):
        field = annotation.model_fields.get(part)
        return None if field is None else field.annotation
    if origin is dict:
        return arguments[1] if part in (get_args(arguments[0]) or (part,)) else None
    return None


def _members(annotation: Any) -> Iterator[Any]:
    """What an annotation may be, but for None."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _members(arguments[0])
    elif origin in (Union, UnionType):
        for member in arguments:
            yield from _members(member)
    elif annotation is not None and annotation is not type(None):
        yield annotation


def _is_model(annotation: Any) -> bool:
    return (
        isinstance(annotation, type) and get_origin(annotation) is None and issubclass(annotation, BaseModel)
    )


def _step(value: Any, part: int | str) -> Any:
    if isinstance(part, int):
        return value[part] if isinstance(value, list) and part < len(value) else None
    return value.get(part) if isinstance(value, dict) else None


def _replaced(tree: Any, path: Steps, new: Any) -> Any:
    """A copy of the tree with another value at a path."""
    if not path:
        return new
    head, rest = path[0], path[1:]
    if isinstance(tree, list):
        return [_replaced(one, rest, new) if place == head else one for place, one in enumerate(tree)]
    table: Mapping[int | str, Any] = tree if isinstance(tree, dict) else {}
    if not rest and new is _ABSENT:
        return {key: one for key, one in table.items() if key != head}
    return {**table, head: _replaced(table.get(head), rest, new)}
