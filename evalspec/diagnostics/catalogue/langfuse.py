"""What only a Langfuse server knows."""

from evalspec.diagnostics.catalogue.info import error, note

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
        "pin-needed-offline",
        "pin missing from the lock",
        "Without the network this can only come from the lock, and the lock does not have it.",
    ),
    note("unpinned", "not pinned", "This can change without its name changing, and nothing could be pinned."),
)
