"""What a command says when it cannot do what it was asked for."""

import os
import sys
import traceback

from evalspec.cli import INTERNAL_ERROR
from evalspec.cli.output import print_diagnostics, print_json, say
from evalspec.diagnostics.errors import EvalspecError, SpecError, WorldMovedError

DEBUG_VARIABLE = "EVALSPEC_DEBUG"
NAMES = {
    2: "refused",
    3: "incomplete",
    5: "service-unreachable",
    6: "world-moved",
    INTERNAL_ERROR: "internal-error",
}
"""What the exit codes of failures are called in JSON."""


def report(error: BaseException, *, as_json: bool) -> int:
    """Say what went wrong; the answer is the exit code.

    People read it on stderr. With `as_json` there is one JSON document on stdout as well:
    `{"evalspec_failure": 1, "exit_code", "reasons": [{"exit_code", "code", "message"}], "diagnostics": […]}`.
    """
    known = isinstance(error, EvalspecError)
    code = error.exit_code if isinstance(error, EvalspecError) else INTERNAL_ERROR
    if as_json:
        _print_document(error, code)
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    elif isinstance(error, SpecError):
        print_diagnostics(error.diagnostics, "text", to_stderr=True)
    elif known:
        say(f"error: {error}")
        user_traceback = getattr(error, "traceback", None)
        if user_traceback:
            sys.stderr.write(user_traceback)
        if isinstance(error, WorldMovedError):
            say("`--allow-moved` runs all the same, and the run says so")
    else:
        say(f"internal error: {type(error).__name__}: {error}")
        say(f"This is a defect of evalspec, not of the spec. {DEBUG_VARIABLE}=1 shows where it happened.")
    return code


def _print_document(error: BaseException, code: int) -> None:
    names = {
        2: "refused",
        3: "incomplete",
        5: "service-unreachable",
        6: "world-moved",
        INTERNAL_ERROR: "internal-error",
    }
    reasons = [{"exit_code": code, "code": names.get(code, "failed"), "message": str(error)}]
    if isinstance(error, WorldMovedError) and error.moved:
        reasons = [{"exit_code": code, "code": "world-moved", "message": text} for text in error.moved]
    document: dict[str, object] = {"evalspec_failure": 1, "exit_code": code, "reasons": reasons}
    if isinstance(error, SpecError):
        from evalspec.diagnostics.render.json import as_json

        document["diagnostics"] = as_json(error.diagnostics)["diagnostics"]
    print_json(document)
