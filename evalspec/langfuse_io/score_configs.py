"""Score configs on the server: created where missing, verified where present.

Names of configs may repeat. Of those with a score's name that are not archived, the oldest that fits the plan
is taken, or the oldest when none fits; the choice is reported where there was one.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evalspec.langfuse_io.client import LangfuseRefused, SyncClient
from evalspec.plan.model import MAX_TEXT, PlanScore

_PAGE = 100


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """A score config as the server keeps it. `categories` are the labels with their values."""

    id: str
    name: str
    data_type: str
    min: float | None = None
    max: float | None = None
    categories: tuple[tuple[str, float], ...] = ()
    created: str = ""

    def objection(self, value: float | str) -> str | None:
        """Why the server would accept `value` and then drop it; None when it would keep it."""
        if self.data_type == "CATEGORICAL":
            labels = [label for label, _ in self.categories]
            return None if value in labels else f"{value!r} is not one of the categories {_listed(labels)}"
        if self.data_type == "NUMERIC" and not isinstance(value, str):
            if self.min is not None and value < self.min:
                return f"{value:g} is below the minimum {self.min:g}"
            if self.max is not None and value > self.max:
                return f"{value:g} is above the maximum {self.max:g}"
        return None


@dataclass(frozen=True, slots=True)
class ScoreConfigs:
    """What became of the configs of a plan's scores.

    `by_score` has no entry for a score whose config could not be created. `mismatches` and `notes` are
    sentences; a mismatch means that some values may be refused.
    """

    by_score: Mapping[str, ServerConfig]
    created: tuple[str, ...] = ()
    mismatches: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def invalid_value(data_type: str, value: object) -> str | None:
    """Why the server refuses a value of a data type, whatever the config; None when it does not."""
    if data_type in ("NUMERIC", "BOOLEAN"):
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"a {data_type} score is a number, not {value!r}"
        if not math.isfinite(value):
            return f"{value} is not a finite number"
        return (
            f"a BOOLEAN score is 0 or 1, not {value:g}"
            if data_type == "BOOLEAN" and value not in (0, 1)
            else None
        )
    if not isinstance(value, str):
        return f"a {data_type} score is a text, not {value!r}"
    if data_type == "TEXT" and not 1 <= len(value) <= MAX_TEXT:
        return f"a TEXT score has 1 to {MAX_TEXT} characters, this one has {len(value)}"
    return None


def verify_score_configs(client: SyncClient, scores: Mapping[str, PlanScore]) -> ScoreConfigs:
    """Find the config of every score, and make those that are missing.

    Raises ServiceUnreachable, and LangfuseRefused where the server does not list its configs.
    """
    existing = [config for config in list_score_configs(client) if config.name in scores]
    chosen: dict[str, ServerConfig] = {}
    created: list[str] = []
    mismatches: list[str] = []
    notes: list[str] = []
    for name, score in scores.items():
        same_name = [config for config in existing if config.name == name]
        if same_name:
            fitting = [config for config in same_name if not differences(config, score)]
            config = (fitting or same_name)[0]
            chosen[name] = config
            if len(same_name) > 1:
                which = "the oldest that fits" if fitting else "the oldest"
                notes.append(
                    f"the server has {len(same_name)} score configs named `{name}`; "
                    f"{which} is used ({config.id})"
                )
            mismatches += [
                f"score config `{name}` on the server differs from the plan: {difference}"
                for difference in differences(config, score)
            ]
        else:
            try:
                chosen[name] = _create(client, name, score)
                created.append(name)
            except LangfuseRefused as refused:
                mismatches.append(f"score config `{name}` could not be created: {refused}")
    return ScoreConfigs(chosen, tuple(created), tuple(mismatches), tuple(notes))


def list_score_configs(client: SyncClient) -> list[ServerConfig]:
    """All configs of the project that are not archived, oldest first."""
    found: list[dict[str, Any]] = []
    page = pages = 1
    while page <= pages:
        answer = client.get("/score-configs", {"page": page, "limit": _PAGE})
        found += answer["data"]
        pages = answer["meta"]["totalPages"]
        page += 1
    # A config that is made meanwhile moves the others to the next page: once more of the same.
    unique = {config["id"]: _parsed(config) for config in found if not config.get("isArchived")}
    return sorted(unique.values(), key=lambda config: (config.created, config.id))


def differences(config: ServerConfig, score: PlanScore) -> list[str]:
    """What of a config would treat values otherwise than the plan says. Wider bounds or more categories do
    not."""
    if config.data_type != score.data_type:
        return [f"it is {config.data_type}, the plan says {score.data_type}"]
    found: list[str] = []
    if config.min is not None and (score.min is None or config.min > score.min):
        found.append(f"its minimum is {config.min:g}, the plan says {_bound(score.min)}")
    if config.max is not None and (score.max is None or config.max < score.max):
        found.append(f"its maximum is {config.max:g}, the plan says {_bound(score.max)}")
    if score.data_type == "CATEGORICAL":
        theirs = dict(config.categories)
        ours = score.categories or {}
        if missing := [label for label in ours if label not in theirs]:
            found.append(f"it has no category {_listed(missing)}")
        found += [
            f"its category `{label}` has the value {theirs[label]:g}, the plan says {value:g}"
            for label, value in ours.items()
            if label in theirs and theirs[label] != value
        ]
    return found


def _create(client: SyncClient, name: str, score: PlanScore) -> ServerConfig:
    body: dict[str, Any] = {"name": name, "dataType": score.data_type}
    if score.data_type == "NUMERIC":
        body |= {"minValue": score.min, "maxValue": score.max}
    if score.data_type == "CATEGORICAL":
        body["categories"] = [
            {"label": label, "value": value} for label, value in (score.categories or {}).items()
        ]
    if score.description:
        body["description"] = score.description
    created = client.post("/score-configs", {key: value for key, value in body.items() if value is not None})
    return _parsed(created)


def _parsed(config: Mapping[str, Any]) -> ServerConfig:
    return ServerConfig(
        id=config["id"],
        name=config["name"],
        data_type=config["dataType"],
        min=config.get("minValue"),
        max=config.get("maxValue"),
        categories=tuple((entry["label"], entry["value"]) for entry in config.get("categories") or ()),
        created=config.get("createdAt") or "",
    )


def _bound(value: float | None) -> str:
    return "none" if value is None else f"{value:g}"


def _listed(labels: list[str]) -> str:
    return ", ".join(f"`{label}`" for label in labels)
