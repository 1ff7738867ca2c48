"""The base of the documents that commands print as JSON."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """A piece of such a document. What is not known is absent from its JSON, never null."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def as_dict(self) -> dict[str, Any]:
        """The document as a plain JSON tree."""
        return self.model_dump(mode="json", exclude_none=True)

    def as_json(self, indent: int | None = 2) -> str:
        """The document as JSON text."""
        return self.model_dump_json(exclude_none=True, indent=indent)


def moment(nanoseconds: int) -> datetime:
    """A time of the journal, in microseconds."""
    return datetime.fromtimestamp(nanoseconds // 1_000_000_000, UTC).replace(
        microsecond=nanoseconds % 1_000_000_000 // 1000
    )
