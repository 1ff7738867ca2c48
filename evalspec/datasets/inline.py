"""`inline`: items that stand in the spec itself."""

from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from evalspec.datasets.base import DatasetFields, DatasetKind, HostedDatasets, SourceItem
from evalspec.datasets.checks import check_common
from evalspec.datasets.items import read_item
from evalspec.kinds.fields import KindFields
from evalspec.kinds.loading import Loading
from evalspec.kinds.resolving import Resolved, Resolving

__all__ = ["KIND", "InlineFields", "InlineItem"]


def _as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class InlineItem(KindFields):
    """One item of an inline dataset."""

    id: Annotated[str, BeforeValidator(_as_text, json_schema_input_type=str | int)] | None = Field(
        None,
        description="The item's id; whole numbers become text. Without one it is derived from the content.",
        examples=["france"],
    )
    input: Any = Field(description="What the task gets.", examples=["What is the capital of France?"])
    expected_output: Any = Field(None, description="What would be right.", examples=["Paris"])
    metadata: Any = Field(
        None, description="What else is known about the item.", examples=[{"continent": "Europe"}]
    )


class InlineFields(DatasetFields):
    """Items that stand in the spec itself.

    [dataset]
    type = "inline"

    [[dataset.items]]
    id = "france"
    input = "What is the capital of France?"
    expected_output = "Paris"
    metadata = { continent = "Europe" }
    """

    type: Literal["inline"] = "inline"
    items: list[InlineItem] = Field(description="The items.")
    push_to: str | None = Field(
        None, min_length=1, description="Keep a hosted copy of this name in Langfuse and run on that."
    )


def _resolve(fields: InlineFields, resolving: Resolving) -> Resolved:
    check_common(fields, resolving)
    return Resolved({"items": [item.model_dump(exclude_unset=True) for item in fields.items]}, {})


def _read(fields: dict[str, Any], loading: Loading, hosted: HostedDatasets | None) -> Iterator[SourceItem]:
    for index, row in enumerate(fields["items"]):
        yield read_item(row, at=("items", index))


KIND = DatasetKind(type="inline", fields=InlineFields, resolve=_resolve, read=_read)
