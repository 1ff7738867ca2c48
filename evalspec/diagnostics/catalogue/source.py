"""Reading a file: bytes, syntax, numbers."""

from evalspec.diagnostics.catalogue.info import error

CODES = (
    error("file-not-found", "file not found", "There is no file at the path that was given."),
    error("not-a-file", "not a file", "The path leads to a folder or a device; a spec is a regular file."),
    error("not-readable", "file cannot be read", "The operating system refused to open or read the file."),
    error(
        "unknown-format",
        "format cannot be told",
        "A spec is TOML or JSON, and the ending of its name says which: `.toml` or `.json`.",
    ),
    error("not-utf8", "not UTF-8", "A spec is text in UTF-8; this byte belongs to another encoding."),
    error(
        "file-too-large",
        "file too large",
        "A spec of this size holds data. Keep the items in a data file and name it in `[dataset]`.",
    ),
    error(
        "too-deep", "nested too deeply", "Tables and lists may be nested 100 levels deep, which is plenty."
    ),
    error("toml-syntax", "TOML syntax error", "The file is not valid TOML 1.0 at this place."),
    error("json-syntax", "JSON syntax error", "The file is not valid JSON (RFC 8259) at this place."),
    error(
        "duplicate-key",
        "key defined twice",
        "Each key of a table is defined once; a second definition would silently replace the first.",
    ),
    error(
        "invalid-number",
        "number cannot be used",
        "Numbers are finite and short enough to be read; there is no NaN and no infinity in a spec.",
    ),
    error(
        "invalid-character",
        "half a character",
        "An escape such as `\\ud83d` is only half of a character and means nothing without its other half.",
    ),
    error(
        "null-value",
        "null in a spec",
        "There is no null in a spec: leave the key out instead. Inside the data of an item null is fine.",
    ),
    error("not-a-table", "not a table", "A spec as a whole is one table (in JSON: one object)."),
)
