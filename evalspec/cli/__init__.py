"""The command line: one module a command, nothing heavy imported before a command needs it."""

import os
import sys
from collections.abc import Sequence
from itertools import pairwise

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the answer is the exit code."""
    from evalspec.cli.app import app

    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app(args=given, prog_name="evalspec")
    except SystemExit as leaving:
        # The command line's own way out: help, usage errors, and a command's exit code.
        return leaving.code if isinstance(leaving.code, int) else 0
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except BaseException as error:  # noqa: BLE001 - the one place where errors, ours included, meet their user
        from evalspec.cli.failures import report

        return report(error, as_json=_wants_json(given))
    return 0


def _wants_json(arguments: Sequence[str]) -> bool:
    return "--format=json" in arguments or ("--format", "json") in pairwise(arguments)
