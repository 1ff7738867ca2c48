"""Where results go besides the journal: nowhere, or to Langfuse."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, get_args

from evalspec.api.options import BackendName
from evalspec.datasets.base import HostedDatasets
from evalspec.diagnostics import UsageError
from evalspec.evidence import as_metadata, run_factors
from evalspec.evidence.run_factors import TASK_VERSION
from evalspec.journal.journal import Journal
from evalspec.kinds.loading import Loading
from evalspec.langfuse_io.settings import LangfuseSettings, missing_settings, settings_from
from evalspec.plan.model import Plan

if TYPE_CHECKING:
    from evalspec.langfuse_io.capture import SpanCapture
    from evalspec.langfuse_io.publisher import PublicationReport
    from evalspec.models.client import Models


class Publication(Protocol):
    """A publication under way."""

    def finish(self, timeout: float) -> "PublicationReport | None": ...


class NoPublication:
    """Results stay in the journal."""

    def finish(self, timeout: float) -> None:
        """Nothing to wait for."""


@dataclass(frozen=True, slots=True)
class Backend:
    """`local`, or `langfuse` with `settings`. A local run may still read hosted datasets."""

    name: str
    settings: LangfuseSettings | None

    @property
    def publishes(self) -> bool:
        """Whether results go to Langfuse."""
        return self.name == "langfuse"

    def datasets(self) -> HostedDatasets | None:
        """The server's datasets, where a server is configured."""
        if self.settings is None:
            return None
        from evalspec.langfuse_io.datasets import LangfuseDatasets

        return LangfuseDatasets(self.settings)

    def complete(self, loading: Loading, models: "Models") -> Loading:
        """What a plan's parts are built with: where they are found, the door to its models, and Langfuse's
        media.
        """
        fetch = None
        if self.settings is not None:
            from evalspec.langfuse_io.media import LangfuseMedia

            fetch = LangfuseMedia(self.settings).fetch
        return replace(loading, models=models, fetch_media=fetch)

    def capture(self) -> "SpanCapture":
        """Keeps what user code records with the Langfuse SDK; to be made before user code is imported."""
        from evalspec.langfuse_io.capture import SpanCapture

        return SpanCapture(self.settings, self.publishes)

    def verify(self, plan: Plan) -> None:
        """Refuse early what could never be published: a score that the server knows by another config.

        A server that does not answer now is no reason to wait: publication will find out. Raises UsageError,
        and ServiceRefused where the server does not take the keys.
        """
        if not self.publishes:
            return
        assert self.settings is not None
        from evalspec.langfuse_io.preflight import objections

        found = objections(self.settings, plan)
        if found:
            raise UsageError("; ".join(found))

    def publication(self, journal: Journal, plan: Plan) -> Publication:
        """Start following the journal, or nothing."""
        if not self.publishes:
            return NoPublication()
        assert self.settings is not None
        from evalspec.langfuse_io.publisher import Publisher

        header = journal.header
        with journal.reader() as reader:
            version = reader.meta(TASK_VERSION)
        metadata: dict[str, Any] = as_metadata(
            run_factors(plan, header.environment, header.deviations, version)
        )
        if version is not None:
            metadata["evalspec_task_version"] = version
        publisher = Publisher(journal, plan, self.settings, metadata=metadata)
        publisher.start()
        return publisher


def choose_backend(wanted: str, environ: Mapping[str, str]) -> Backend:
    """The backend by name; `auto` is Langfuse where its three variables are set. UsageError where one is
    missing, or for another name.
    """
    if wanted not in get_args(BackendName):
        raise UsageError(f"there is no backend {wanted!r}; it is one of {', '.join(get_args(BackendName))}")
    settings = settings_from(environ)
    if wanted == "langfuse" and settings is None:
        names = ", ".join(missing_settings(environ))
        raise UsageError(f"Langfuse is not configured: set {names}")
    if wanted == "auto":
        return Backend("langfuse" if settings is not None else "local", settings)
    return Backend(wanted, settings)
