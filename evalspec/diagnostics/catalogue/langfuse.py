"""What only a Langfuse server knows."""

from evalspec.diagnostics.catalogue.info import error

CODES = (
    error(
        "langfuse-not-configured",
        "Langfuse not configured",
        "Langfuse is needed: set LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.",
    ),
    error(
        "dataset-not-in-langfuse",
        "dataset not in Langfuse",
        "The project has no dataset of this name or version.",
    ),
    error(
        "prompt-not-in-langfuse",
        "prompt not in Langfuse",
        "The project has no prompt of this name, version or label, or none that can be used.",
    ),
    error(
        "pin-needed-offline",
        "not known offline",
        "Only a server knows this, and with `--offline` none is asked.",
    ),
)
