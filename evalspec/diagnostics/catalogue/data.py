"""Datasets, items and recorded outputs."""

from evalspec.diagnostics.catalogue.info import error, warning

CODES = (
    error(
        "dataset-file-not-found",
        "dataset file not found",
        "There is no file at the path that `[dataset]` names.",
    ),
    error("item-syntax", "item cannot be read", "A line or record of the data file cannot be parsed."),
    error(
        "item-shape",
        "item has the wrong shape",
        "An item has `input`, `expected_output`, `metadata` and `id`.",
    ),
    error(
        "duplicate-item-id",
        "item id given twice",
        "Two items have the same id, so their results could not be told apart.",
    ),
    error(
        "duplicate-item",
        "item given twice",
        "Two items without an id have the same content, so their results could not be told apart.",
    ),
    error("empty-dataset", "dataset is empty", "There is no item to evaluate."),
    error("empty-selection", "nothing selected", "`where` and `sample` leave no item to evaluate."),
    error(
        "number-not-canonical",
        "number cannot be pinned",
        "The number does not survive canonical JSON (beyond 2^53, NaN, infinity); write it as a string.",
    ),
    warning(
        "recorded-output-missing",
        "recorded output missing",
        "The recording has no output for an item of the dataset; the item will fail.",
    ),
)
