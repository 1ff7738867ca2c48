"""A rubric: what a judge is told to look at, and the form in which it answers."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from evalspec.plan.canonical import digest
from evalspec.plan.model import Direction

__all__ = ["Categories", "Rubric", "Scale"]

Categories = list[str] | dict[str, float]
"""Labels in ascending order, or a table of label to value, whose order does not count."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Scale(_Part):
    """A range of numbers to answer with."""

    min: float = Field(description="The smallest answer.", examples=[1])
    max: float = Field(description="The largest answer.", examples=[5])
    integer: bool = Field(False, description="Whether only whole numbers are answers.")


class Rubric(_Part):
    """What a judge is told.

    Without `scale` and `categories` the answer is true or false. Where the answer has a value, `direction`
    says which way is better. `inputs` are the texts that it needs, each with what it is. `version` is that of
    a ready-made rubric, None of one that stands in a spec. `source` is the work that it follows.
    """

    name: str
    version: int | None = Field(None, ge=1)
    title: str = ""
    description: str = ""
    criteria: str = Field(min_length=1)
    steps: list[str] = []
    scale: Scale | None = None
    categories: Categories | None = None
    direction: Direction = "higher"
    inputs: dict[str, str] = {}
    source: str = ""

    @property
    def reference(self) -> str:
        """How a spec names it, such as `correctness@1`."""
        return self.name if self.version is None else f"{self.name}@{self.version}"

    def content(self) -> dict[str, Any]:
        """What a judge hears of it, what it needs, and how its answer is read: what the digest covers."""
        kept = {"criteria", "steps", "scale", "categories", "direction", "inputs"}
        tree = self.model_dump(mode="json", include=kept, exclude_defaults=True)
        if "inputs" in tree:
            # What an input is, is said to people.
            tree["inputs"] = sorted(tree["inputs"])
        return tree

    @property
    def digest(self) -> str:
        """The digest of the content; another title or description does not change it."""
        return digest("rubric", self.content())
