"""The shape of JSON: keys and types, not values."""

from typing import Any

# What users put in has any shape; the server passes it through.
FREE = frozenset(
    {"input", "expectedOutput", "metadata", "config", "value", "inputSchema", "expectedOutputSchema"}
)
# What recordings write in place of a value.
STAND_INS: dict[str, Any] = {"<any>": None, "<time>": "string", "<list>": []}


def shape(value: Any) -> Any:
    """Objects as dicts of shapes, lists as lists of the shapes that occur, and names for the rest (None:
    anything)."""
    if isinstance(value, str):
        return STAND_INS.get(value, "string")
    if value is None:
        return None
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, list):
        return [shape(entry) for entry in value]
    return {key: None if key in FREE else shape(entry) for key, entry in value.items()}


def differences(recorded: Any, found: Any, path: str) -> list[str]:
    """Where two shapes cannot both be shapes of one kind of thing; null fits everything."""
    if recorded is None or found is None:
        return []
    if isinstance(recorded, dict) and isinstance(found, dict):
        result = [f"{path}.{key}: not there, recorded" for key in recorded if key not in found]
        result += [f"{path}.{key}: not recorded" for key in found if key not in recorded]
        for key in recorded:
            if key in found:
                result += differences(recorded[key], found[key], f"{path}.{key}")
        return result
    if isinstance(recorded, list) and isinstance(found, list):
        if not recorded:
            return []
        return [
            complaint
            for index, entry in enumerate(found)
            for complaint in fewest([differences(known, entry, f"{path}[{index}]") for known in recorded])
        ]
    return [] if recorded == found else [f"{path}: {_name(found)}, recorded {_name(recorded)}"]


def fewest(alternatives: list[list[str]]) -> list[str]:
    """The complaints of the alternative that fits best."""
    return min(alternatives, key=len, default=[])


def _name(found: Any) -> str:
    if isinstance(found, str):
        return found
    return "array" if isinstance(found, list) else "object"
