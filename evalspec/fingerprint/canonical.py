"""Re-export while callers move to evalspec.plan.canonical."""

from evalspec.plan.canonical import (
    MAX_DEPTH,
    NotCanonical,
    canonical_json,
    digest,
    digest_bytes,
    digest_sequence,
    is_digest,
    short,
    streaming_digest,
)

__all__ = [
    "MAX_DEPTH",
    "NotCanonical",
    "canonical_json",
    "digest",
    "digest_bytes",
    "digest_sequence",
    "is_digest",
    "short",
    "streaming_digest",
]
