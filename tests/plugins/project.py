"""A project whose task and evaluators come from plug-ins."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

Json = dict[str, Any]

SPEC: Json = {
    "evalspec": 1,
    "name": "manners",
    "dataset": {
        "type": "inline",
        "items": [
            {"id": "kind", "input": {"question": "please help me"}},
            {"id": "rude", "input": {"question": "DARN, help me"}},
        ],
    },
    "task": {"type": "acme:parrot", "text": "input.question"},
    "scores": {
        "toxic": {"data_type": "NUMERIC", "min": 0, "max": 1, "direction": "lower"},
        "polite": {"data_type": "BOOLEAN"},
        "loud": {"data_type": "NUMERIC", "min": 0, "max": 1},
    },
    "evaluators": {
        "toxicity": {"type": "acme:toxicity", "value": "output.answer", "score": "toxic"},
        "tone": {
            "type": "acme:tone",
            "value": "output.answer",
            "scores": {"polite": "polite", "loudness": "loud"},
        },
    },
}


def changed(section: str, name: str | None, **fields: Any) -> Json:
    """The spec with other fields in one table; None takes one away."""
    tree = deepcopy(SPEC)
    table = tree[section] if name is None else tree[section][name]
    table.update(fields)
    for field in [field for field, value in table.items() if value is None]:
        del table[field]
    return tree


def write(root: Path, tree: Json) -> Path:
    """The spec in a project of its own."""
    root.mkdir(parents=True, exist_ok=True)
    (root / ".evalspec-root").touch()
    path = root / "manners.evalspec.json"
    path.write_text(json.dumps(tree, indent=2))
    return path
