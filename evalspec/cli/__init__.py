"""The command line: one module a command, nothing heavy imported before a command needs it."""

import os
import sys
import traceback
from collections.abc import Sequence

INTERNAL_ERROR = 70
INTERRUPTED = 130
DEBUG_VARIABLE = "EVALSPEC_DEBUG"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the answer is the exit code."""
    from evalspec.cli.app import app
    from evalspec.diagnostics.errors import EvalspecError, SpecError

    try:
        app(args=None if arguments is None else list(arguments), prog_name="evalspec")
    except SystemExit as leaving:
        # The command line's own way out: help, usage errors, and a command's exit code.
        return leaving.code if isinstance(leaving.code, int) else 0
    except SpecError as error:
        from evalspec.cli.output import report_spec_error

        report_spec_error(error)
        return error.exit_code
    except EvalspecError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    except BrokenPipeError:
        # The reader of our output has gone; there is nobody left to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the one place where a defect of ours meets its user
        return _defect(error)
    return 0


def _defect(error: Exception) -> int:
    if os.environ.get(DEBUG_VARIABLE):
        traceback.print_exception(error)
    else:
        sys.stderr.write(
            f"internal error: {type(error).__name__}: {error}\n"
            f"This is a defect of evalspec, not of the spec. {DEBUG_VARIABLE}=1 shows where it happened.\n"
        )
    return INTERNAL_ERROR
