"""The pinned items of a plan, held in little memory."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, overload

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

DIGEST_PREFIX = "sha256:"
_DIGEST_BYTES = 32


class PlanItem(NamedTuple):
    """One selected item: its id and the digest of its content."""

    id: str
    digest: str


class PlanItems(Sequence[PlanItem]):
    """The selected items in order: in JSON a list of `[id, digest]` pairs, in memory 100 bytes an item."""

    __slots__ = ("_digests", "_ids")

    def __init__(self, items: Iterable[tuple[str, str]] = ()) -> None:
        self._ids: list[str] = []
        self._digests = bytearray()
        for item_id, digest in items:
            self.append(item_id, digest)

    def append(self, item_id: str, digest: str) -> None:
        """Add one at the end; only while a plan is being built. A malformed digest is a ValueError."""
        raw = bytes.fromhex(digest.removeprefix(DIGEST_PREFIX))
        if not digest.startswith(DIGEST_PREFIX) or len(raw) != _DIGEST_BYTES:
            raise ValueError(f"not a digest: {digest!r}")
        self._ids.append(item_id)
        self._digests += raw

    @property
    def ids(self) -> Sequence[str]:
        """The ids in order."""
        return self._ids

    def digest_at(self, index: int) -> str:
        """The digest of the item at a non-negative index."""
        start = index * _DIGEST_BYTES
        return DIGEST_PREFIX + self._digests[start : start + _DIGEST_BYTES].hex()

    def __len__(self) -> int:
        return len(self._ids)

    @overload
    def __getitem__(self, index: int) -> PlanItem: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[PlanItem]: ...
    def __getitem__(self, index: int | slice) -> PlanItem | Sequence[PlanItem]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        position = range(len(self))[index]
        return PlanItem(self._ids[position], self.digest_at(position))

    def __iter__(self) -> Iterator[PlanItem]:
        for position, item_id in enumerate(self._ids):
            yield PlanItem(item_id, self.digest_at(position))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PlanItems):
            return NotImplemented
        return self._ids == other._ids and self._digests == other._digests

    __hash__ = None  # type: ignore[assignment]  # mutable while it is built

    def __repr__(self) -> str:
        return f"PlanItems({len(self)} items)"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        pairs = core_schema.list_schema(
            core_schema.tuple_schema([core_schema.str_schema(), core_schema.str_schema()], strict=False)
        )
        return core_schema.union_schema(
            [
                core_schema.is_instance_schema(cls),
                core_schema.no_info_after_validator_function(cls, pairs),
            ],
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda items: [list(item) for item in items], return_schema=core_schema.list_schema()
            ),
        )

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        pair = {
            "type": "array",
            "items": [
                {"type": "string", "description": "The item's id."},
                {
                    "type": "string",
                    "pattern": "^sha256:[0-9a-f]{64}$",
                    "description": "Digest of its content.",
                },
            ],
            "minItems": 2,
            "maxItems": 2,
        }
        return {"type": "array", "items": pair}
