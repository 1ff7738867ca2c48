"""Which implementation stands behind a port, as the environment says."""

from collections.abc import Mapping

from evalspec.datasets.base import HostedDatasets
from evalspec.prompts.base import HostedPrompts


def hosted_datasets(environ: Mapping[str, str]) -> HostedDatasets | None:
    """The Langfuse server's datasets, or None where no server is configured."""
    from evalspec.langfuse_io.settings import settings_from

    settings = settings_from(environ)
    if settings is None:
        return None
    from evalspec.langfuse_io.datasets import LangfuseDatasets

    return LangfuseDatasets(settings)


def hosted_prompts(environ: Mapping[str, str]) -> HostedPrompts | None:
    """The Langfuse server's prompts, or None where no server is configured."""
    from evalspec.langfuse_io.settings import settings_from

    settings = settings_from(environ)
    if settings is None:
        return None
    from evalspec.langfuse_io.prompts import LangfusePrompts

    return LangfusePrompts(settings)
