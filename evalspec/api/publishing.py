"""Publishing a run that is recorded already, as often as one likes."""

from pathlib import Path

from evalspec.api.backends import choose_backend
from evalspec.api.options import RunOptions
from evalspec.api.results import RunResult, summary_of
from evalspec.journal.journal import Journal
from evalspec.plan.document import load_plan

_DEFAULTS = RunOptions()


def publish(reference: str, options: RunOptions = _DEFAULTS) -> RunResult:
    """Bring what a journal holds to Langfuse; what is there already is not sent again.

    `reference` is a run's id, a unique beginning of it, or `latest`. A server that does not answer within
    `options.publish_timeout` seconds leaves the rest pending, which the summary says. Raises UsageError
    where Langfuse is not configured, JournalError where the record cannot be read or another process has it
    open.
    """
    workspace = options.workspace()
    folder: Path = workspace.run_folder(reference)
    backend = choose_backend("langfuse", workspace.environ)
    with Journal.open(folder) as journal, journal.reader() as reader:
        plan = load_plan(reader.plan_json(), path=str(folder))
        report = backend.publication(journal, plan).finish(options.publish_timeout)
        summary = summary_of(reader, plan, folder, report, require_published=options.require_published)
    return RunResult(folder, plan, summary)
