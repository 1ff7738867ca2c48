"""One call of a program: its arguments and its input made of the data at hand, and its output read."""

import json
import os
import shutil
import signal
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final

from evalspec.diagnostics import UsageError
from evalspec.kinds.commands.process import Finished, run_program
from evalspec.kinds.loading import Loading
from evalspec.kinds.outside import CallFailed, parse_json
from evalspec.kinds.text_templates import TreeTemplate, evaluated
from evalspec.kinds.wording import SHORTEST_SECRET
from evalspec.templates import compile_template

__all__ = ["CommandCaller"]

_PASSED_ON: Final = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT")
_LAST_LINE: Final = 300


class CommandCaller:
    """Calls the program that a section's fields name, once for each subject.

    `names` are those that its templates may use. Raises UsageError where there is no such program.
    """

    def __init__(self, fields: Mapping[str, Any], names: Collection[str], loading: Loading) -> None:
        environ = loading.environ
        self._secrets = {
            environ[name]: f"${name}"
            for name in fields["env"]
            if len(environ.get(name, "")) >= SHORTEST_SECRET
        }
        given = {name for name in environ if name in _PASSED_ON or name.startswith("LC_")} | {*fields["env"]}
        passed = {name: environ[name] for name in given if name in environ}
        self._env = {**passed, **fields["env_set"]}
        self._cwd: Path = loading.root / fields["cwd"]
        self._name: str = fields["argv"][0]
        self._program = _program(self._name, loading)
        self._arguments = TreeTemplate("argv", [self._name, *fields["argv"][1:]], names)
        self._stdin: str = fields["stdin"]
        template = fields.get("stdin_template")
        self._template = None if template is None else compile_template(template, names)
        self._is_text = fields["stdout"] == "text"

    async def ask(self, scope: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
        """The result for this data; `document` is what a program that takes JSON is given.

        Raises CallFailed: `exit_status`, `not_started`, `too_large`, `not_utf8`, `invalid_json`,
        `invalid_argument`, `missing_key`, `expression_failed`.
        """
        argv = [self._program, *self._arguments.render(scope)[1:]]
        if any("\0" in argument for argument in argv):
            raise CallFailed("invalid_argument", "an argument came out with a null character in it")
        finished = await run_program(argv, cwd=self._cwd, env=self._env, stdin=self._input(scope, document))
        if finished.code != 0:
            raise CallFailed("exit_status", self._what_happened(finished), passing=True)
        try:
            text = finished.stdout.decode()
        except UnicodeDecodeError as error:
            message = f"`{self._name}` wrote what is not UTF-8: byte {error.start} of its standard output"
            raise CallFailed("not_utf8", message) from None
        if self._is_text:
            return text.rstrip("\r\n")
        return parse_json(text, f"what `{self._name}` wrote")

    def _input(self, scope: Mapping[str, Any], document: Mapping[str, Any]) -> bytes | None:
        if self._stdin == "none":
            return None
        if self._template is not None:
            text: str = evaluated("stdin_template", self._template, scope)
            return text.encode()
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"

    def _what_happened(self, finished: Finished) -> str:
        if finished.code < 0:
            how = f"was ended by {_signal_name(-finished.code)}"
        else:
            how = f"exited with {finished.code}"
        errors = finished.stderr.decode("utf-8", "replace")
        # Before the lines are parted: a secret may have several.
        for secret, name in sorted(self._secrets.items(), key=lambda pair: -len(pair[0])):
            errors = errors.replace(secret, name)
        said = next((line.strip() for line in reversed(errors.split("\n")) if line.strip()), "")
        message = f"`{self._name}` {how}"
        return f"{message}: {said[:_LAST_LINE]}" if said else message


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _program(name: str, loading: Loading) -> str:
    """The path of a program: one of the project, or the one that PATH leads to."""
    if "/" in name:
        path = loading.root / name
        if not os.access(path, os.X_OK):
            raise UsageError(f"there is no program `{name}` in the project that can be run")
        return str(path)
    found = shutil.which(name, path=loading.environ.get("PATH", os.defpath))
    if found is None:
        raise UsageError(f"there is no program `{name}` on PATH")
    return os.path.abspath(found)
