"""Python code that a spec names, and the files beside it."""

from evalspec.diagnostics.catalogue.info import error, note, warning

CODES = (
    error(
        "invalid-reference",
        "invalid reference to code",
        "Python code is named as `package.module:name`.",
    ),
    error(
        "module-not-found",
        "module not found",
        "There is no such module on the path where code is looked for.",
    ),
    error(
        "attribute-not-found",
        "name not found in module",
        "The module does not define a function of this name.",
    ),
    error("module-syntax-error", "module cannot be read", "The module is not valid Python."),
    error(
        "callable-signature",
        "function cannot be called so",
        "The function does not take the arguments it would be called with.",
    ),
    note(
        "code-not-followed",
        "code not followed",
        "An import or a dynamic access could not be followed, so changes behind it do not change the digest.",
    ),
    error(
        "files-match-nothing",
        "pattern matches no file",
        "No file matches the pattern, or more than can be meant, so nothing could be pinned by it.",
    ),
    error(
        "path-outside-root",
        "path outside of the project",
        "The path leads out of the folder the project lives in.",
    ),
    warning(
        "env-not-set",
        "environment variable not set",
        "The spec declares a variable that the environment does not set; where it is set the digest differs.",
    ),
    error(
        "missing-extra",
        "optional dependency missing",
        "This kind needs a package that is installed with an extra.",
    ),
)
