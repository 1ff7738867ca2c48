"""Evaluations as source code: compile a spec to a plan, run the plan, explain every score.

plan = evalspec.compile("specs/support.evalspec.toml")
result = await evalspec.run(plan)
print(result.summary.aggregates["accuracy"].value)
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from evalspec.analysis.items import ItemDetail, ItemFilter
    from evalspec.analysis.summary import RunSummary
    from evalspec.api.compiling import (
        Checked,
        check,
        compile,  # noqa: A004 - the word of the trade
    )
    from evalspec.api.datasets import pull_dataset, push_dataset
    from evalspec.api.explaining import explain
    from evalspec.api.options import RunOptions
    from evalspec.api.plans import load_plan, save_plan
    from evalspec.api.publishing import publish
    from evalspec.api.results import RunResult, open_run, runs
    from evalspec.api.running import resume, run
    from evalspec.diagnostics.errors import (
        EvalspecError,
        JournalError,
        ServiceRefused,
        ServiceUnreachable,
        SpecError,
        UsageError,
        WorldMovedError,
    )
    from evalspec.diagnostics.model import Diagnostic, Severity
    from evalspec.kinds.importing import LoadError
    from evalspec.plan.model import Plan
    from evalspec.runner.ports import Progress
    from evalspec.runner.stopping import StopSignal
    from evalspec.version import __version__

_PLACES = {
    "Checked": "evalspec.api.compiling",
    "Diagnostic": "evalspec.diagnostics.model",
    "EvalspecError": "evalspec.diagnostics.errors",
    "ItemDetail": "evalspec.analysis.items",
    "ItemFilter": "evalspec.analysis.items",
    "JournalError": "evalspec.diagnostics.errors",
    "LoadError": "evalspec.kinds.importing",
    "Plan": "evalspec.plan.model",
    "Progress": "evalspec.runner.ports",
    "RunOptions": "evalspec.api.options",
    "RunResult": "evalspec.api.results",
    "RunSummary": "evalspec.analysis.summary",
    "ServiceRefused": "evalspec.diagnostics.errors",
    "ServiceUnreachable": "evalspec.diagnostics.errors",
    "Severity": "evalspec.diagnostics.model",
    "SpecError": "evalspec.diagnostics.errors",
    "StopSignal": "evalspec.runner.stopping",
    "UsageError": "evalspec.diagnostics.errors",
    "WorldMovedError": "evalspec.diagnostics.errors",
    "__version__": "evalspec.version",
    "check": "evalspec.api.compiling",
    "compile": "evalspec.api.compiling",
    "explain": "evalspec.api.explaining",
    "load_plan": "evalspec.api.plans",
    "open_run": "evalspec.api.results",
    "publish": "evalspec.api.publishing",
    "pull_dataset": "evalspec.api.datasets",
    "push_dataset": "evalspec.api.datasets",
    "resume": "evalspec.api.running",
    "run": "evalspec.api.running",
    "runs": "evalspec.api.results",
    "save_plan": "evalspec.api.plans",
}

__all__ = [
    "Checked",
    "Diagnostic",
    "EvalspecError",
    "ItemDetail",
    "ItemFilter",
    "JournalError",
    "LoadError",
    "Plan",
    "Progress",
    "RunOptions",
    "RunResult",
    "RunSummary",
    "ServiceRefused",
    "ServiceUnreachable",
    "Severity",
    "SpecError",
    "StopSignal",
    "UsageError",
    "WorldMovedError",
    "__version__",
    "check",
    "compile",
    "explain",
    "load_plan",
    "open_run",
    "publish",
    "pull_dataset",
    "push_dataset",
    "resume",
    "run",
    "runs",
    "save_plan",
]


def __getattr__(name: str) -> Any:
    """Import a name when it is first asked for (PEP 562), so that `import evalspec` costs nothing."""
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module 'evalspec' has no attribute {name!r}")
    value = getattr(import_module(place), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
