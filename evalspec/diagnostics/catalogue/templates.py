"""Expressions and templates inside of strings."""

from evalspec.diagnostics.catalogue.info import error

CODES = (
    error(
        "expression-syntax", "expression syntax error", "The string is not a Jinja2 expression at this place."
    ),
    error("template-syntax", "template syntax error", "The string is not a Jinja2 template at this place."),
    error(
        "undefined-name",
        "undefined name",
        "The expression uses a name that will not exist where it is evaluated.",
    ),
    error("unknown-filter", "unknown filter", "There is no filter of this name in the sandbox."),
    error("unknown-test", "unknown test", "There is no test of this name in the sandbox."),
)
