"""The shape of a spec: versions, fields, types, names."""

from evalspec.diagnostics.catalogue.info import error

CODES = (
    error(
        "missing-language-version",
        "language version missing",
        "A spec begins with `evalspec = 1`, so that later versions of the language can tell how to read it.",
    ),
    error(
        "unknown-language-version",
        "language version unknown",
        "The spec is written in a version of the language that this evalspec does not know.",
    ),
    error(
        "unknown-field",
        "unknown field",
        "The table has no field of this name; a misspelt field would do nothing.",
    ),
    error("missing-field", "required field missing", "The table needs a field that it does not have."),
    error("wrong-type", "wrong type of value", "The field takes a value of another type."),
    error(
        "wrong-value",
        "value not allowed",
        "The type of the value is right, but the field does not take this value.",
    ),
    error("out-of-range", "number out of range", "The number is smaller or larger than the field allows."),
    error(
        "unknown-type",
        "unknown type",
        "The `type` of a table chooses what it is; there is no variant of this name.",
    ),
    error(
        "unknown-plugin",
        "plug-in not installed",
        "A `type` with a colon is that of a plug-in, and no installed distribution brings it.",
    ),
    error(
        "broken-plugin",
        "plug-in cannot be used",
        "The distribution that brings this type describes it in a way that cannot be read.",
    ),
    error("missing-type", "type missing", "The table needs a `type` that says which variant it is."),
    error("empty-name", "empty name", "A name needs at least one character."),
    error("invalid-name", "invalid name", "The name holds characters that names of this sort cannot have."),
    error(
        "invalid-duration",
        "invalid duration",
        'A duration is a number with a unit, such as "30s", "5m" or "250ms".',
    ),
    error(
        "invalid-regex",
        "invalid regular expression",
        "The pattern cannot be compiled as a regular expression (RE2).",
    ),
    error(
        "invalid-schema",
        "invalid JSON Schema",
        "The schema itself does not follow the JSON Schema it declares.",
    ),
)
