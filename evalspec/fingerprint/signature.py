"""How a callable may be called, read from its source."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from evalspec.fingerprint.bindings import FunctionNode
from evalspec.fingerprint.errors import NotCallable
from evalspec.fingerprint.modules import Module, Unit
from evalspec.fingerprint.resolving import Resolver

__all__ = ["Param", "Signature", "Target", "find_target"]


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter; ``kind`` is written as in `inspect`, in lower case: ``positional_or_keyword``."""

    name: str
    kind: str
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a callable, as its caller sees them, and what calling it gives."""

    params: tuple[Param, ...]
    is_async: bool = False
    is_generator: bool = False
    is_class: bool = False

    @property
    def takes_any_keyword(self) -> bool:
        """Whether there is a ``**kwargs``."""
        return any(param.kind == "var_keyword" for param in self.params)

    def to_json(self) -> dict[str, Any]:
        """As JSON data."""
        params = [{"name": p.name, "kind": p.kind, "has_default": p.has_default} for p in self.params]
        flags = {"is_async": self.is_async, "is_generator": self.is_generator, "is_class": self.is_class}
        return {"params": params, **flags}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Signature":
        """From `to_json`."""
        params = tuple(Param(p["name"], p["kind"], p["has_default"]) for p in data["params"])
        return cls(params, data["is_async"], data["is_generator"], data["is_class"])


@dataclass(frozen=True, slots=True)
class Target:
    """What a reference names: its definition, and its signature where the source tells it."""

    module: Module
    line: int
    column: int
    signature: Signature | None = None


# Decorators that leave the signature as it is written (those made with functools.wraps among them).
_TRANSPARENT: Final = frozenset(
    [
        "abstractmethod",
        "cache",
        "deprecated",
        "final",
        "lru_cache",
        "observe",
        "override",
        "retry",
        "staticmethod",
        "classmethod",
        "traceable",
        "validate_call",
    ]
)
_HOPS: Final = 20


def find_target(resolver: Resolver, module: Module, path: tuple[str, ...]) -> Target:
    """What ``module:path`` is. The name is known to be there. Raises `NotCallable`."""
    reference = f"{module.name}:{'.'.join(path)}"
    for _ in range(_HOPS):
        place = resolver.definition(module, path[0])
        if place is None:
            break
        module = place[0]
        unit = _last(resolver.units(place))
        node = unit.node
        if isinstance(node, ast.ClassDef) and len(path) > 1:
            return _member(module, node, path[1:], reference)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            return _definition(module, node)
        value = node.value if isinstance(node, (ast.Assign, ast.AnnAssign)) else None
        if (
            len(path) == 1
            and isinstance(value, ast.Name)
            and value.id in module.by_name
            and value.id != path[0]
        ):
            module, path = module, (value.id,)
            continue
        return _assigned(resolver, module, node, value if len(path) == 1 else None, reference)
    if path[0] not in module.by_name:
        return Target(module, 1, 1)
    node = _last(module.by_name[path[0]]).node
    return Target(module, node.lineno, node.col_offset + 1)


def _last(units: list[Unit]) -> Unit:
    """The definition that holds in the end, without those that are overloads."""
    plain = [unit for unit in units if "overload" not in _decorator_names(unit.node)]
    return (plain or units)[-1]


def _assigned(
    resolver: Resolver, module: Module, node: ast.stmt, value: ast.expr | None, reference: str
) -> Target:
    signature: Signature | None = None
    if isinstance(value, ast.Lambda):
        signature = Signature(tuple(_params(value.args)))
    elif isinstance(value, (ast.Constant, ast.List, ast.Dict, ast.Set, ast.Tuple, ast.JoinedStr)):
        raise NotCallable(
            f"`{reference}` is data and cannot be called.",
            file=(module.file, node.lineno, node.col_offset + 1),
        )
    elif isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        signature = _instance(resolver, module, value.func.id)
    return Target(module, node.lineno, node.col_offset + 1, signature)


def _instance(resolver: Resolver, module: Module, class_name: str) -> Signature | None:
    """The signature of calling an instance of a class that defines ``__call__`` itself."""
    place = resolver.definition(module, class_name)
    units = resolver.units(place) if place is not None else []
    if not units or not isinstance(units[-1].node, ast.ClassDef):
        return None
    method = _method(units[-1].node, "__call__")
    signature = _function(method) if method is not None else None
    return None if signature is None else _bound(signature)


def _member(module: Module, node: ast.ClassDef, path: tuple[str, ...], reference: str) -> Target:
    member = next(
        (inner for inner in reversed(node.body) if getattr(inner, "name", None) == path[0]),
        None,
    )
    if isinstance(member, ast.ClassDef) and len(path) > 1:
        return _member(module, member, path[1:], reference)
    if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)) and len(path) == 1:
        signature = _function(member)
        names = _decorator_names(member)
        if "property" in names:
            place = (module.file, member.lineno, member.col_offset + 1)
            raise NotCallable(f"`{reference}` is a property and cannot be called.", file=place)
        if signature is not None and "classmethod" in names:
            signature = _bound(signature)
        return Target(module, member.lineno, member.col_offset + 1, signature)
    if isinstance(member, ast.ClassDef):
        return _definition(module, member)
    return Target(module, node.lineno, node.col_offset + 1)


def _definition(module: Module, node: FunctionNode | ast.ClassDef) -> Target:
    signature = _class(node) if isinstance(node, ast.ClassDef) else _function(node)
    return Target(module, node.lineno, node.col_offset + 1, signature)


def _class(node: ast.ClassDef) -> Signature | None:
    if node.decorator_list or any(keyword.arg == "metaclass" for keyword in node.keywords):
        return None
    method = _method(node, "__init__")
    if method is None:
        return None if node.bases or _method(node, "__new__") else Signature((), is_class=True)
    signature = _function(method)
    return None if signature is None else Signature(_bound(signature).params, is_class=True)


def _function(node: FunctionNode) -> Signature | None:
    """None where a decorator may have made something else of it."""
    if not _decorator_names(node) <= _TRANSPARENT:
        return None
    is_generator = any(isinstance(inner, (ast.Yield, ast.YieldFrom)) for inner in _own_nodes(node))
    return Signature(tuple(_params(node.args)), isinstance(node, ast.AsyncFunctionDef), is_generator)


def _method(node: ast.ClassDef, name: str) -> FunctionNode | None:
    for inner in reversed(node.body):
        if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)) and inner.name == name:
            return inner
    return None


def _bound(signature: Signature) -> Signature:
    """Without the first positional parameter, which is the instance or the class."""
    params = signature.params
    if params and params[0].kind in ("positional_only", "positional_or_keyword"):
        params = params[1:]
    return Signature(params, signature.is_async, signature.is_generator)


def _params(arguments: ast.arguments) -> Iterator[Param]:
    positional = [*arguments.posonlyargs, *arguments.args]
    first_default = len(positional) - len(arguments.defaults)
    for index, parameter in enumerate(positional):
        kind = "positional_only" if index < len(arguments.posonlyargs) else "positional_or_keyword"
        yield Param(parameter.arg, kind, index >= first_default)
    if arguments.vararg is not None:
        yield Param(arguments.vararg.arg, "var_positional")
    for parameter, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        yield Param(parameter.arg, "keyword_only", default is not None)
    if arguments.kwarg is not None:
        yield Param(arguments.kwarg.arg, "var_keyword")


def _own_nodes(node: FunctionNode) -> Iterator[ast.AST]:
    pending: list[ast.AST] = list(node.body)
    while pending:
        inner = pending.pop()
        yield inner
        if not isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)):
            pending.extend(ast.iter_child_nodes(inner))


def _decorator_names(node: ast.stmt) -> frozenset[str]:
    names: set[str] = set()
    for decorator in getattr(node, "decorator_list", ()):
        inner = decorator.func if isinstance(decorator, ast.Call) else decorator
        names.add(inner.attr if isinstance(inner, ast.Attribute) else getattr(inner, "id", ""))
    return frozenset(names)
