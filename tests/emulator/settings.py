"""What one emulator is told when it starts."""

from dataclasses import dataclass, field
from typing import Literal

Contract = Literal["4.16", "5"]

PROJECT_ID = "proj-test"
ORGANIZATION_ID = "org-test"


@dataclass(frozen=True)
class Settings:
    """Delays are seconds; sizes are bytes.

    `span_delay` and `score_delay` are how long a write stays unreadable, `merge_delay` how long
    `v2/observations` lists both rows of a repeated delivery, `delete_delay` how long a deleted score stays
    readable. `sink` accepts spans and lists of scores unseen and looks into them only when somebody asks.
    `record` keeps every request and response for the admin endpoint `traffic`.
    """

    contract: Contract = "4.16"
    span_delay: float = 0.0
    score_delay: float = 0.0
    merge_delay: float = 5.0
    delete_delay: float = 90.0
    sink: bool = False
    record: bool = False
    database: str = ":memory:"
    public_key: str = "pk-lf-test"
    secret_key: str = field(default="sk-lf-test", repr=False)
    host: str = "127.0.0.1"
    port: int = 0

    @property
    def version(self) -> str:
        """What `health` answers; the version behind the new contract is not known."""
        return "4.16.0" if self.contract == "4.16" else "5.0.0"
