"""What a run-level score on the server says about itself besides its value and counts, in bounded size."""

from typing import Any, Final

from orjson import dumps

from evalspec.journal.records import RunScoreRecord, SliceRecord

MAX_BYTES: Final = 8192
"""How much of slices, and how much of details, is sent, as JSON; the record of the run has the rest."""
_COUNTS: Final[tuple[str, ...]] = ("expected", "scored", "failed", "skipped")


def aggregate_metadata(record: RunScoreRecord) -> dict[str, Any]:
    """`evalspec_slices`, as many groups as there is room for, and `evalspec_details`, if there is room.

    What was left out is said by `evalspec_slices_left_out` (how many) and `evalspec_details_left_out`.
    """
    metadata: dict[str, Any] = {}
    if record.slices:
        shown = _fitting([_slice(part) for part in record.slices])
        metadata["evalspec_slices"] = shown
        if len(shown) < len(record.slices):
            metadata["evalspec_slices_left_out"] = len(record.slices) - len(shown)
    if record.details:
        fits = len(dumps(record.details)) <= MAX_BYTES
        metadata |= {"evalspec_details": record.details} if fits else {"evalspec_details_left_out": True}
    return metadata


def _slice(part: SliceRecord) -> dict[str, Any]:
    counts = {key: part.coverage[key] for key in _COUNTS if key in part.coverage}
    return {"group": part.group, "value": part.value, **counts}


def _fitting(slices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of them, as many as fit."""
    room = MAX_BYTES
    for index, part in enumerate(slices):
        room -= len(dumps(part)) + 1
        if room < 0:
            return slices[:index]
    return slices
