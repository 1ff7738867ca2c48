"""The items of a spec's dataset: read, selected, pinned."""

from typing import Any

from evalspec.compiler.context import Surroundings
from evalspec.compiler.reporting import Reporter
from evalspec.datasets import DATASETS
from evalspec.datasets.base import At, DatasetFields, HostedDatasets, ItemError, Place
from evalspec.datasets.langfuse import FetchOnce, parse_version, version_text
from evalspec.datasets.select import Selection, read_items, select_items
from evalspec.diagnostics import Diagnostic, Position, Related, Span
from evalspec.kinds.resolving import Resolved
from evalspec.plan.model import PlanDataset, Sample
from evalspec.source.pointers import join


def read_dataset(
    reporter: Reporter, fields: DatasetFields, resolved: Resolved, around: Surroundings, *, fetch: bool
) -> PlanDataset | None:
    """The dataset as the plan holds it, or None after reporting why not.

    Without `fetch` a hosted dataset is passed over: whether it is there only its server knows. Raises
    ServiceUnreachable.
    """
    if reporter.has_errors("/dataset"):
        return None
    kind = DATASETS[fields.type]  # type: ignore[attr-defined]  # every kind's model has the tag
    hosted: HostedDatasets | None = None
    kept: dict[str, Any] = dict(resolved.fields)
    if kind.hosted:
        hosted = _hosted(reporter, kept, around) if fetch else None
        if hosted is None or not _pin(reporter, kept, hosted):
            return None
    sample = fields.sample
    try:
        items = read_items(kind, kept, around.loading(), hosted)
        selection = select_items(items, fields.where, sample)
    except ItemError as error:
        for fault in (error, *error.more):
            _report(reporter, fault)
        return None
    if not _has_items(reporter, fields, selection):
        return None
    return PlanDataset(
        type=kind.type,
        fields=kept,
        where=fields.where,
        sample=None if sample is None else Sample(size=sample.size, rate=sample.rate, seed=sample.seed),
        push_to=getattr(fields, "push_to", None),
        available=selection.available,
        unselectable=selection.unselectable,
        digest=selection.digest,
        items=selection.items,
    )


def _hosted(reporter: Reporter, kept: dict[str, Any], around: Surroundings) -> HostedDatasets | None:
    if around.hosted is not None:
        return FetchOnce(around.hosted)
    if around.offline:
        message = f"what the dataset `{kept['name']}` holds is known to its server only"
        expected = "a compilation without `--offline`"
        reporter.add("pin-needed-offline", message, "/dataset/name", expected=expected)
    else:
        message = f"the dataset `{kept['name']}` is in Langfuse, and no Langfuse server is configured"
        expected = "LANGFUSE_BASE_URL, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY in the environment"
        reporter.add("langfuse-not-configured", message, "/dataset/name", expected=expected)
    return None


def _pin(reporter: Reporter, kept: dict[str, Any], hosted: HostedDatasets) -> bool:
    """Put the version that was found into the fields, so that the plan names it."""
    version = kept.get("version")
    try:
        dataset = hosted.fetch(kept["name"], None if version is None else parse_version(version))
    except LookupError:
        message = f"there is no dataset `{kept['name']}` in this Langfuse project"
        reporter.add("dataset-not-in-langfuse", message, "/dataset/name")
        return False
    kept["version"] = version_text(dataset.version)
    return True


def _has_items(reporter: Reporter, fields: DatasetFields, selection: Selection) -> bool:
    if selection.available == 0 and getattr(fields, "version", None) is not None:
        message = "the dataset has no items at this version"
        expected = "a version such as `evalspec dataset push` prints, or none for the newest state"
        reporter.add("empty-dataset", message, "/dataset/version", expected=expected)
    elif selection.available == 0:
        source = next((name for name in ("path", "items", "name") if hasattr(fields, name)), "type")
        reporter.add("empty-dataset", "the dataset has no items", f"/dataset/{source}")
    elif len(selection.items) == 0:
        count = selection.unselectable
        note = f"{count} of {selection.available} items lack a key that `where` needs"
        message = f"none of the {selection.available} items is selected"
        selector = "sample" if fields.where is None else "where"
        reporter.add("empty-selection", message, f"/dataset/{selector}", notes=(note,) if count else ())
    return len(selection.items) > 0


def _report(reporter: Reporter, fault: ItemError) -> None:
    pointer = join("/dataset", *fault.at)
    span = reporter.place(pointer) if fault.place is None else _span(fault.place)
    related: tuple[Related, ...] = ()
    if fault.first is not None:
        related = (Related("the first one", _first(reporter, fault, fault.first)),)
    reporter.report(
        Diagnostic(
            fault.code,
            str(fault),
            span=span,
            pointer=pointer,
            expected=fault.expected,
            suggestion=fault.suggestion,
            related=related,
        )
    )


def _first(reporter: Reporter, fault: ItemError, first: Place | At) -> Span:
    if fault.place is not None:
        path, line, column = first
        return _span((str(path), int(line), int(column)))
    what = fault.at[-1:] if fault.at[-1:] == ("id",) else ()
    return reporter.place(join("/dataset", *first, *what))


def _span(place: Place) -> Span:
    path, line, column = place
    return Span(path, Position(line, column), Position(line, column + 1))
