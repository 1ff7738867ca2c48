"""Static digests of Python code: from a reference to what its result can depend on, without running anything.

What goes into the digest of ``pkg.module:name``:

* the definitions that it reaches in the project: the functions, classes, assignments and imports behind the
names
  that are used in it (defaults, decorators, annotations, base classes and class bodies included), in every
  branch of ``if`` and ``try``; a class counts as a whole, ``module.name`` counts as that name;
* the statements of the modules in which something was reached that change a reached name (an item or
  attribute that is set, ``+=``, a method called on it, a registering decorator), and those that call a
  function and drop the result, for it may change anything;
* all of a module where it cannot be decided: the module itself is handed around, ``globals()``, ``exec``,
  a module's ``__getattr__``, an import whose name is never read;
* the declared files and environment variables.

What does not: comments and layout, ``if __name__ == "__main__"``, the order of functions in a file, other
packages and the standard library (their versions are the environment), and the ``__init__`` of packages that
a module lies in, unless a name is reached through it. Methods that are reached by a value's type alone are
not seen: an instance that comes from somewhere else brings its class only where that class is named.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from keyword import iskeyword
from pathlib import Path
from typing import Any

from evalspec.fingerprint.bindings import bind
from evalspec.fingerprint.errors import (
    AttributeMissing,
    CodeNotFound,
    InvalidReference,
    ModuleMissing,
    ModuleUnreadable,
    PathOutsideRoot,
)
from evalspec.fingerprint.inputs import env_digests, file_digests
from evalspec.fingerprint.locating import Found, Locator, ModuleKind
from evalspec.fingerprint.modules import Module, Unit, UnitKind, read_module
from evalspec.fingerprint.reaching import Reach, Unfollowed
from evalspec.fingerprint.resolving import Resolver
from evalspec.fingerprint.signature import Param, Signature, find_target
from evalspec.plan.canonical import digest

__all__ = [
    "CodeBase",
    "CodeFingerprint",
    "CodeNotFound",
    "Param",
    "Signature",
    "Unfollowed",
    "fingerprint_code",
]


@dataclass(frozen=True, slots=True)
class CodeFingerprint:
    """What a callable's result can depend on, and how it may be called.

    ``definitions`` are the names that went into the digest (``module:name``, ``module:*`` for a whole
    module); imports and statements without a name go in, too. ``patterns`` are the declared files as they
    were declared, ``files`` and ``env`` their digests. ``externals`` are the other packages that are
    imported. ``signature`` is None where the source does not tell it. ``location`` is the path (relative to
    the root), line and column of the definition.
    """

    reference: str
    digest: str
    definitions: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    unfollowed: tuple[Unfollowed, ...] = ()
    externals: tuple[str, ...] = ()
    signature: Signature | None = None
    location: tuple[str, int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        """As JSON data for a plan. Without lines, which change when a comment is added."""
        unfollowed = sorted({(entry.module, entry.reason) for entry in self.unfollowed})
        data: dict[str, Any] = {
            "reference": self.reference,
            "digest": self.digest,
            "definitions": list(self.definitions),
            "patterns": list(self.patterns),
            "files": dict(self.files),
            "env": dict(self.env),
            "unfollowed": [{"module": module, "reason": reason} for module, reason in unfollowed],
            "externals": list(self.externals),
        }
        if self.signature is not None:
            data["signature"] = self.signature.to_json()
        if self.location is not None:
            data["path"] = self.location[0]
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CodeFingerprint":
        """From `to_json`; lines and columns are then 0."""
        signature = data.get("signature")
        return cls(
            reference=data["reference"],
            digest=data["digest"],
            definitions=tuple(data["definitions"]),
            patterns=tuple(data["patterns"]),
            files=dict(data["files"]),
            env=dict(data["env"]),
            unfollowed=tuple(Unfollowed(entry["module"], 0, entry["reason"]) for entry in data["unfollowed"]),
            externals=tuple(data["externals"]),
            signature=None if signature is None else Signature.from_json(signature),
            location=(data["path"], 0, 0) if "path" in data else None,
        )


class CodeBase:
    """A project's Python source. Reads a module once, however many callables are taken from it.

    ``search_path`` are the folders in which modules are looked for, relative to the root; without it the
    root and its ``src``, if there is one. Files that change later are not read again: make a new one.
    """

    def __init__(
        self, root: Path, environ: Mapping[str, str], *, search_path: Sequence[str] | None = None
    ) -> None:
        self._root = root.absolute()
        self._real_root = root.resolve()
        self._environ = environ
        if search_path is None:
            search_path = (".", "src") if (self._root / "src").is_dir() else (".",)
        self._locator = Locator(tuple(self._root / folder for folder in search_path))
        self._modules: dict[str, Module | CodeNotFound] = {}
        self._resolver = Resolver(self._locator, self._load)

    def fingerprint(
        self, reference: str, *, files: Sequence[str] = (), env: Sequence[str] = ()
    ) -> CodeFingerprint:
        """The fingerprint of ``package.module:name`` or ``package.module:Class.method``.

        Raises:
            CodeNotFound: in one of its forms, each with a diagnostic's code.
        """
        module_name, path = _parse(reference)
        module = self._referenced(module_name, reference)
        self._require(module, path)
        target = find_target(self._resolver, module, path)
        reach = Reach(self._resolver, self._load)
        reach.start(module, path[0])
        file_values = file_digests(self._root, files)
        env_values = env_digests(env, self._environ)
        content: dict[str, Any] = {
            "reference": reference,
            "code": {name: _module_content(reach, name) for name in reach.modules},
            "files": file_values,
            "env": env_values,
        }
        return CodeFingerprint(
            reference=reference,
            digest=digest("code", content),
            definitions=_definitions(reach),
            patterns=tuple(files),
            files=file_values,
            env=env_values,
            unfollowed=tuple(sorted(reach.unfollowed)),
            externals=tuple(sorted(reach.externals)),
            signature=target.signature,
            location=(target.module.file, target.line, target.column),
        )

    def list_callables(self, module: str) -> tuple[str, ...]:
        """The functions and classes that a module defines; () where there is no such module."""
        found = self._resolver.module(module)
        return () if found is None else _callables(found)

    def _load(self, found: Found) -> Module:
        known = self._modules.get(found.name)
        if known is None:
            try:
                known = self._read(found)
            except CodeNotFound as error:
                known = error
            self._modules[found.name] = known
        if isinstance(known, CodeNotFound):
            raise known
        return known

    def _read(self, found: Found) -> Module:
        assert found.path is not None
        try:
            real = found.path.resolve(strict=True)
        except (OSError, RuntimeError) as error:
            raise ModuleUnreadable(f"The file of `{found.name}` cannot be read: {error}.") from None
        if not real.is_relative_to(self._real_root):
            raise PathOutsideRoot(f"The file of `{found.name}` is a link that leads out of the project.")
        return read_module(found, found.path.relative_to(self._root).as_posix(), found.path)

    def _referenced(self, name: str, reference: str) -> Module:
        found = self._locator.find(name)
        if found is not None and found.kind is ModuleKind.SOURCE:
            return self._load(found)
        if found is not None and found.kind is ModuleKind.EXTENSION:
            raise ModuleUnreadable(f"`{name}` is a compiled extension, whose code cannot be read.")
        if found is not None:
            message = f"`{name}` is a folder without an `__init__.py`, which defines nothing."
        elif not self._locator.owns(name) and name.partition(".")[0] in sys.stdlib_module_names:
            message = f"`{name}` is a module of Python itself; name a function of the project."
        else:
            message = f"There is no module `{name}` in the project."
        attribute = reference.partition(":")[2]
        near = get_close_matches(name, sorted(set(self._locator.names())), n=3, cutoff=0.6)
        raise ModuleMissing(message, tuple(f"{module}:{attribute}" for module in near))

    def _require(self, module: Module, path: tuple[str, ...]) -> None:
        """`AttributeMissing` if the name, or the member of a class, is certainly not there."""
        if not self._resolver.offers(module, path[0]):
            # A module's __getattr__ or a star import from elsewhere may know it.
            if "__getattr__" in module.by_name or module.stars:
                return
            near = get_close_matches(path[0], sorted(module.by_name), n=3, cutoff=0.6)
            names = tuple(f"{module.name}:{'.'.join((name, *path[1:]))}" for name in near)
            raise AttributeMissing(f"`{module.name}` does not define `{path[0]}`.", names)
        if len(path) > 1:
            self._require_member(module, path)

    def _require_member(self, module: Module, path: tuple[str, ...]) -> None:
        place = self._resolver.definition(module, path[0])
        units = self._resolver.units(place) if place is not None else []
        if len(units) != 1 or units[0].kind is not UnitKind.CLASS:
            return
        node = units[0].node
        if getattr(node, "bases", None) or getattr(node, "decorator_list", None):
            return  # it may be inherited
        members = _members(units[0])
        if path[1] not in members and "__getattr__" not in members:
            near = get_close_matches(path[1], sorted(members), n=3, cutoff=0.6)
            names = tuple(f"{module.name}:{path[0]}.{'.'.join((name, *path[2:]))}" for name in near)
            raise AttributeMissing(f"`{module.name}:{path[0]}` does not define `{path[1]}`.", names)


def fingerprint_code(
    reference: str,
    *,
    root: Path,
    files: Sequence[str] = (),
    env: Sequence[str] = (),
    environ: Mapping[str, str],
) -> CodeFingerprint:
    """The fingerprint of one callable; for several, make a `CodeBase`."""
    return CodeBase(root, environ).fingerprint(reference, files=files, env=env)


def _parse(reference: str) -> tuple[str, tuple[str, ...]]:
    module, colon, attribute = reference.partition(":")
    path = tuple(attribute.split("."))
    words = (*module.split("."), *path)
    if colon and all(word.isidentifier() and not iskeyword(word) for word in words):
        return module, path
    suggestions: tuple[str, ...] = ()
    parts = reference.replace("/", ".").replace(".py:", ":").removesuffix("()").split(".")
    if not colon and len(parts) > 1 and all(part.isidentifier() for part in parts):
        suggestions = (f"{'.'.join(parts[:-1])}:{parts[-1]}",)
    elif colon and reference.partition(":")[0].endswith(".py"):
        suggestions = (f"{module.removesuffix('.py').replace('/', '.')}:{attribute}",)
    raise InvalidReference(f"`{reference}` is not written as `package.module:name`.", suggestions)


def _module_content(reach: Reach, name: str) -> dict[str, Any]:
    """What counts of a module: functions and imports by name, for their order in the file is nothing; the
    rest in order, for assignments and calls build on each other.
    """
    units = sorted(reach.units[name].values(), key=lambda unit: unit.index)
    movable = [unit for unit in units if _is_movable(unit)]
    fixed = [unit for unit in units if not _is_movable(unit)]
    content: dict[str, Any] = {
        "names": [unit.digest for unit in sorted(movable, key=lambda unit: next(iter(unit.bound), ""))],
        "statements": [unit.digest for unit in fixed],
    }
    if reach.modules[name].futures:
        content["futures"] = sorted(reach.modules[name].futures)
    return content


def _is_movable(unit: Unit) -> bool:
    if unit.kind is UnitKind.IMPORT:
        return "*" not in unit.bound
    return unit.kind is UnitKind.FUNCTION and not getattr(unit.node, "decorator_list", None)


def _definitions(reach: Reach) -> tuple[str, ...]:
    names = {f"{module}:*" for module in reach.wholes}
    for module, units in reach.units.items():
        if module not in reach.wholes:
            for unit in units.values():
                if unit.kind is not UnitKind.IMPORT:
                    names.update(f"{module}:{name}" for name in unit.bound)
    return tuple(sorted(names))


def _callables(module: Module) -> tuple[str, ...]:
    kinds = (UnitKind.FUNCTION, UnitKind.CLASS)
    return tuple(name for name, units in module.by_name.items() if any(unit.kind in kinds for unit in units))


def _members(unit: Unit) -> dict[str, Any]:
    bound, _ = bind(getattr(unit.node, "body", []), unit.package)
    return dict(bound)
