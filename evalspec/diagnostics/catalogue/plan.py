"""Saved plans."""

from evalspec.diagnostics.catalogue.info import error

CODES = (
    error("plan-format", "not a plan", "The file is not a plan that evalspec wrote."),
    error(
        "plan-version", "plan of another version", "The plan has a format that this evalspec does not know."
    ),
    error(
        "plan-digest-mismatch",
        "plan was changed",
        "The content of the plan does not have the digest it states.",
    ),
)
