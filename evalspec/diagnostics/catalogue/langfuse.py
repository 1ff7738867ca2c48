"""What only a Langfuse server knows."""

from evalspec.diagnostics.catalogue.info import error, note

CODES = (
    error(
        "langfuse-not-configured",
        "Langfuse not configured",
        "Langfuse is needed: set LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY.",
    ),
    error(
        "langfuse-unreachable",
        "Langfuse did not answer",
        "The server could not be reached or did not answer in time.",
    ),
    error(
        "langfuse-refused",
        "Langfuse refused",
        "The server answered and refused, because of the keys or the request.",
    ),
    error(
        "dataset-not-in-langfuse",
        "dataset not in Langfuse",
        "The project has no dataset of this name or version.",
    ),
    error(
        "score-config-mismatch",
        "score config differs",
        "Langfuse has a score config of this name that says something else than the spec.",
    ),
    error(
        "pin-needed-offline",
        "pin missing from the lock",
        "Without the network this can only come from the lock, and the lock does not have it.",
    ),
    note("unpinned", "not pinned", "This can change without its name changing, and nothing could be pinned."),
)
