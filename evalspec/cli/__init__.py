"""The command line: one module a command, nothing heavy imported before a command needs it."""

import errno
import os
import sys
from collections.abc import Sequence
from itertools import pairwise

INTERRUPTED = 130
INTERNAL_ERROR = 70

_UNWRITABLE = frozenset({errno.ENOSPC, errno.EIO, errno.EDQUOT})


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the answer is the exit code."""
    from evalspec.cli.app import app

    given = list(sys.argv[1:] if arguments is None else arguments)
    _open_what_is_closed()
    try:
        try:
            app(args=given, prog_name="evalspec")
        finally:
            sys.stdout.flush()
    except SystemExit as leaving:
        # The command line's own way out: help, usage errors, and a command's exit code.
        return leaving.code if isinstance(leaving.code, int) else 0
    except BrokenPipeError as error:
        # The reader of our output has gone. What the exit code says is still to be told.
        _drop_output()
        ending = error.__context__
        return ending.code if isinstance(ending, SystemExit) and isinstance(ending.code, int) else 0
    except OSError as error:
        from evalspec.cli.failures import report

        if error.filename is not None or error.errno not in _UNWRITABLE:
            return report(error, as_json=_wants_json(given))
        _drop_output()
        sys.stderr.write(f"error: standard output cannot be written: {error.strerror}\n")
        return INTERNAL_ERROR
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - the one place where errors, ours included, meet their user
        from evalspec.cli.failures import report

        return report(error, as_json=_wants_json(given))
    return 0


def _open_what_is_closed() -> None:
    """A shell may close standard streams (`>&-`). Their numbers must not go to the next file that is opened,
    and what is written to them is nobody's.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open until the end


def _drop_output() -> None:
    """Have what is still to be written to stdout go nowhere, so that the end of the program does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
