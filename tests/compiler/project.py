"""A small project, and its spec as a tree that tests change, write and compile."""

import json
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from random import Random
from typing import Any

from evalspec.api.compiling import check, compile_with_diagnostics
from evalspec.diagnostics import Diagnostic
from evalspec.plan.model import Plan
from evalspec.source.pointers import split
from tests.source.texts import JsonWriter, TomlWriter

ASSISTANT = '''"""Answers questions about parcels."""

from parcels import rules

GREETING = "Hello"


def answer(question: dict[str, str]) -> dict[str, str]:
    """Decide about one question."""
    return {"answer": rules.decide(question["text"])}


def unused() -> str:
    return GREETING
'''
RULES = """def decide(text: str) -> str:
    return "refund" if "late" in text else "no refund"
"""
SCORES = '''def tone(output: dict[str, str]) -> str:
    """Judge the tone."""
    return "polite" if "please" in output["answer"] else "curt"


def several(output: dict[str, str], expected_output: dict[str, str]) -> dict[str, object]:
    return {"length": len(output["answer"]), "remark": "fine"}


def summary(item_results: list[object]) -> float:
    return float(len(item_results))
'''
ITEMS = [
    {
        "id": f"parcel-{number}",
        "input": {"text": f"My parcel is {number} weeks late."},
        "expected_output": {"answer": "refund" if number > 1 else "no refund"},
        "metadata": {"weeks": number, "shop": "books" if number % 2 else "shoes"},
    }
    for number in range(1, 7)
]

SPEC: dict[str, Any] = {
    "evalspec": 1,
    "name": "refunds",
    "dataset": {"type": "file", "path": "data/refunds.jsonl"},
    "task": {"type": "python", "callable": "parcels.assistant:answer", "timeout": "30s"},
    "scores": {
        "correct": {"data_type": "BOOLEAN", "margin": 0.02},
        "similarity": {"data_type": "NUMERIC", "min": 0, "max": 1},
        "tone": {"data_type": "CATEGORICAL", "categories": ["curt", "polite"], "good": ["polite"]},
    },
    "evaluators": {
        "exact": {
            "type": "exact_match",
            "value": "output.answer",
            "expected": "expected_output.answer",
            "score": "correct",
        },
        "close": {
            "type": "levenshtein",
            "value": "output.answer",
            "expected": "expected_output.answer",
            "score": "similarity",
        },
        "tone": {"type": "python", "callable": "parcels.judging:tone", "score": "tone"},
    },
    "aggregates": {
        "accuracy": {"function": "rate", "score": "correct"},
        "average": {"function": "mean", "score": "similarity"},
    },
    "gates": {"good_enough": {"aggregate": "accuracy", "min": 0.8}},
}


class _Deleted:
    def __repr__(self) -> str:
        return "DELETED"


DELETED = _Deleted()


def write_project(root: Path, *, rows: list[dict[str, Any]] | None = None) -> Path:
    """The files of the project but for its spec."""
    for name, text in {
        ".evalspec-root": "",
        "parcels/__init__.py": "",
        "parcels/assistant.py": ASSISTANT,
        "parcels/rules.py": RULES,
        "parcels/judging.py": SCORES,
        "prompts/system.txt": "You decide about refunds.\n",
        "data/refunds.jsonl": "".join(json.dumps(row) + "\n" for row in rows or ITEMS),
        "outputs/recorded.jsonl": "".join(
            json.dumps({"id": row["id"], "output": row["expected_output"]}) + "\n" for row in ITEMS
        ),
    }.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def changed(tree: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a tree with other values at some JSON pointers; DELETED takes a key away."""
    copy = deepcopy(dict(tree))
    for pointer, value in changes.items():
        *way, last = split(pointer)
        place: Any = copy
        for step in way:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        if value is DELETED:
            del place[last]
        elif isinstance(place, list):
            place[int(last)] = value
        else:
            place[last] = value
    return copy


def write_spec(root: Path, tree: Mapping[str, Any], syntax: str = "json", seed: int = 1) -> Path:
    """The tree as a spec file, in a layout that `seed` chooses."""
    path = root / f"spec.evalspec.{syntax}"
    writer = TomlWriter(Random(seed)) if syntax == "toml" else JsonWriter(Random(seed))
    path.write_bytes(writer.write(dict(tree)).encode("utf-8"))
    return path


def compiled(path: Path, **options: Any) -> Plan:
    """The plan of a spec in which nothing is wrong."""
    plan, diagnostics = compile_with_diagnostics(path, environ=options.pop("environ", {}), **options)
    assert plan is not None, [(item.code, item.pointer, item.message) for item in diagnostics]
    return plan


def checked(path: Path, **options: Any) -> tuple[Diagnostic, ...]:
    """What a check finds."""
    return check(path, environ=options.pop("environ", {}), **options).diagnostics


def digests(plan: Plan) -> dict[str, str]:
    """Every digest of a plan by what it is of."""
    assert plan.spec is not None
    found = {
        "plan": plan.digest,
        "spec": plan.spec.digest,
        "dataset": plan.dataset.digest,
        "task": plan.task.digest,
    }
    for kind in ("scores", "evaluators", "aggregates"):
        found |= {f"{kind}/{name}": part.digest for name, part in getattr(plan, kind).items()}
    return found
