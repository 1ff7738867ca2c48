"""Whether a program can be called as a spec says, found out without calling it, and what its digest is of."""

import glob
import os
import re
from collections.abc import Collection, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Final

from evalspec.fingerprint.errors import FilesUnusable, PathOutsideRoot
from evalspec.fingerprint.inputs import file_digests
from evalspec.kinds.commands.fields import CommandFields
from evalspec.kinds.commands.modules import module_files, named_module
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving, Where
from evalspec.kinds.text_templates import check_template
from evalspec.kinds.wording import clause

__all__ = ["moved_files", "resolve_command"]

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def resolve_command(
    fields: CommandFields,
    names: Collection[str],
    document: Collection[str],
    resolving: Resolving,
    left_out: Set[str],
) -> Resolved:
    """A program's fields as the plan keeps them, and the paths that it is given; mistakes are reported.

    `names` are those that its templates may use, `document` those that it is given as JSON. `left_out` names
    the fields that are not the program's own.
    """
    paths = _check_stdin(fields, names, resolving)
    if fields.stdin == "json":
        paths |= set(document)
    for index, argument in enumerate(fields.argv[1:], 1):
        paths |= check_template(resolving, ("argv", index), argument, names)
    _check_variables(fields, resolving)
    folder = _inside(fields.cwd, ("cwd",), resolving)
    if folder is not None and not folder.is_dir():
        resolving.report("wrong-value", f"there is no folder `{fields.cwd}`", ("cwd",))
    own, unpinned = _own_files(fields, folder, resolving)
    digests = _digests(fields.files, own, resolving)
    kept = fields.model_dump(mode="json", exclude=set(left_out), exclude_none=True)
    kept["digests"] = digests
    identity = fields.model_dump(mode="json", exclude={*left_out, "files"}, exclude_defaults=True)
    if digests:
        identity["files"] = digests
    reads = tuple(sorted(paths))
    return Resolved(kept, identity, reads=reads, unpinned=unpinned)


def moved_files(fields: Mapping[str, Any], loading: Loading) -> list[str]:
    """A sentence for each file of a command that is no longer what the plan pinned."""
    pinned: Mapping[str, str] = fields["digests"]
    program = fields["argv"][0]
    there = [glob.escape(name) for name in pinned if (loading.root / name).is_file()]
    patterns = [*fields.get("files", ()), *there]
    try:
        found = file_digests(loading.root, patterns)
    except (FilesUnusable, PathOutsideRoot) as error:
        return [f"the files of the command `{program}` cannot be read: {clause(error.message)}"]
    moved = [f"`{name}`, which the command `{program}` uses, is gone" for name in pinned.keys() - found]
    moved += [f"`{name}` is new to the command `{program}`" for name in found.keys() - pinned]
    moved += [
        f"`{name}`, which the command `{program}` uses, has changed"
        for name in pinned.keys() & found
        if found[name] != pinned[name]
    ]
    return sorted(moved)


def _check_stdin(fields: CommandFields, names: Collection[str], resolving: Resolving) -> set[str]:
    if fields.stdin == "text":
        if fields.stdin_template is None:
            message = "a standard input that is text needs a `stdin_template`"
            resolving.report("missing-field", message, ())
            return set()
        return check_template(resolving, ("stdin_template",), fields.stdin_template, names)
    if fields.stdin_template is not None:
        message = f'`stdin_template` makes a text, and the standard input is "{fields.stdin}"'
        resolving.report("wrong-value", message, ("stdin_template",), key=True, expected='`stdin = "text"`')
    return set()


def _check_variables(fields: CommandFields, resolving: Resolving) -> None:
    for index, name in enumerate(fields.env):
        if _VARIABLE.fullmatch(name) is None:
            message = f"`{name}` cannot be the name of an environment variable"
            resolving.report("invalid-name", message, ("env", index))
        elif name in fields.env_set:
            message = f"`{name}` has a value in `env_set`"
            resolving.report("wrong-value", message, ("env", index), expected="it in one of the two")
    for name, value in fields.env_set.items():
        if _VARIABLE.fullmatch(name) is None:
            message = f"`{name}` cannot be the name of an environment variable"
            resolving.report("invalid-name", message, ("env_set", name), key=True)
        if "\0" in value:
            resolving.report("wrong-value", f"`{name}` holds a null character", ("env_set", name))


def _own_files(
    fields: CommandFields, folder: Path | None, resolving: Resolving
) -> tuple[list[str], tuple[str, ...]]:
    """The files of the project that the arguments name, and what of the program cannot be pinned."""
    found: list[str] = []
    unpinned: tuple[str, ...] = ()
    program = fields.argv[0]
    if "{{" in program or "{%" in program:
        message = "the program stands in the spec: data must not choose what is run"
        resolving.report("wrong-value", message, ("argv", 0), expected="a program without templates")
    elif not program.strip() or "\0" in program:
        resolving.report("wrong-value", "the program has no name", ("argv", 0))
    elif "/" in program:
        path = _inside(program, ("argv", 0), resolving)
        if path is not None and not path.is_file():
            resolving.report("file-not-found", f"there is no file `{program}`", ("argv", 0))
        elif path is not None:
            if not os.access(path, os.X_OK):
                message = f"`{program}` cannot be run: the file is not executable"
                resolving.report("wrong-value", message, ("argv", 0), expected="`chmod +x`")
            if path.resolve().is_relative_to(resolving.root.resolve()):
                found.append(path.resolve().relative_to(resolving.root.resolve()).as_posix())
            else:
                # As the interpreter of a virtual environment is.
                unpinned = (f"`{program}` is a link to a program outside of the project",)
    else:
        unpinned = (f"`{program}` is whatever program PATH leads to",)
    root = resolving.root.resolve()
    for argument in fields.argv[1:] if folder is not None else ():
        named = _file(folder, argument) if folder is not None else None
        if named is not None and named.is_relative_to(root):
            found.append(named.relative_to(root).as_posix())
    if folder is not None and (module := named_module(fields.argv)) is not None:
        files = _module_files(*module, fields, folder, resolving)
        found += files
        if not files:
            unpinned += (f"`-m {module[0]}` names no module of the project",)
    return list(dict.fromkeys(found)), unpinned


def _module_files(
    module: str, looks_here: bool, fields: CommandFields, folder: Path, resolving: Resolving
) -> list[str]:
    """The files of the project that make up a module which the arguments name."""
    given = fields.env_set.get("PYTHONPATH", "")
    if "PYTHONPATH" in fields.env:
        given = resolving.environ.get("PYTHONPATH", "")
    folders = [folder, *(folder / name for name in given.split(os.pathsep) if name and "\0" not in name)]
    root = resolving.root.resolve()
    paths = [path.resolve() for path in module_files(module, folders if looks_here else folders[1:])]
    return [path.relative_to(root).as_posix() for path in paths if path.is_relative_to(root)]


def _file(folder: Path, argument: str) -> Path | None:
    """The file that an argument names, if it does."""
    if "{" in argument or not argument or "\0" in argument:
        return None
    try:
        path = (folder / argument).resolve()
        return path if path.is_file() else None
    except (OSError, RuntimeError):
        return None


def _inside(text: str, at: Where, resolving: Resolving) -> Path | None:
    """A path below the project root; None after reporting that it is none."""
    root = resolving.root.resolve()
    path = Path(os.path.normpath(root / text))
    if "\0" in text or Path(text).is_absolute() or not path.is_relative_to(root):
        message = f"`{text}` leads out of the project"
        expected = "a path relative to the project root"
        if at[0] == "argv":
            expected += ", or the name of a program on PATH"
        resolving.report("path-outside-root", message, at, expected=expected)
        return None
    return path


def _digests(patterns: Sequence[str], own: Sequence[str], resolving: Resolving) -> dict[str, str]:
    """The digests of all files, by path."""
    found = file_digests(resolving.root, [glob.escape(name) for name in own])
    for index, pattern in enumerate(patterns):
        try:
            found |= file_digests(resolving.root, [pattern])
        except FilesUnusable as error:
            resolving.report("files-match-nothing", clause(error.message), ("files", index))
        except PathOutsideRoot as error:
            resolving.report("path-outside-root", clause(error.message), ("files", index))
    return dict(sorted(found.items()))
