"""Versions of the language and of the published documents."""

LANGUAGE_VERSION = 1
"""The newest version this evalspec reads, as `evalspec = 1` in a spec."""


def schema_id(what: str) -> str:
    """The `$id` of a published schema: a name that never changes for a version, and no address to fetch."""
    return f"urn:evalspec:schema:{what}:v1"
