"""A plan as a document: its digest, its text, and reading it back."""

import json
from collections.abc import Iterable
from itertools import chain
from typing import Any

import orjson
from pydantic import ValidationError

from evalspec.diagnostics import Diagnostic, Span, SpecError
from evalspec.plan.canonical import digest, digest_sequence
from evalspec.plan.model import PLAN_FORMAT, Plan

_FOR_PEOPLE = {"name", "description", "tags", "spec", "digest", "unpinned", "search_path"}
"""Fields of a plan that decide no result."""


def items_digest(items: Iterable[tuple[str, str]]) -> str:
    """Digest over ids and digests in order: what pins the selected items of a dataset."""
    return digest_sequence("dataset", chain.from_iterable(items))


def plan_digest(plan: Plan) -> str:
    """The digest of everything in a plan that decides a result; the items count through their digest."""
    tree = plan.model_dump(mode="json", exclude_defaults=True, exclude=_FOR_PEOPLE | {"dataset", "scores"})
    tree["dataset"] = plan.dataset.model_dump(
        mode="json", exclude_defaults=True, exclude={"items", "available", "unselectable"}
    )
    tree["scores"] = {
        name: score.model_dump(mode="json", exclude_defaults=True, exclude={"description"})
        for name, score in plan.scores.items()
    }
    return digest("plan", tree)


def dump_plan(plan: Plan) -> bytes:
    """The text of a plan: JSON, one item a line, named tables in the spec's order; the same bytes on every
    machine.
    """
    tree = plan.model_dump(mode="json", exclude_defaults=True, exclude={"dataset": {"items"}})
    tree = {"evalspec_plan": PLAN_FORMAT, "digest": plan.digest, **tree}
    tree["dataset"]["items"] = marker = _unlike_anything_in(tree)
    text = json.dumps(tree, indent=2, ensure_ascii=False)
    before, _, after = text.partition(f'"{marker}"')
    content = bytearray(before.encode())
    content += b"["
    for index, item in enumerate(plan.dataset.items):
        content += b",\n      " if index else b"\n      "
        content += f'[{json.dumps(item.id, ensure_ascii=False)}, "{item.digest}"]'.encode()
    content += b"\n    ]" if plan.dataset.items else b"]"
    content += f"{after}\n".encode()
    return bytes(content)


def _unlike_anything_in(tree: Any) -> str:
    """A text that stands nowhere in a tree."""
    text, marker = json.dumps(tree, ensure_ascii=False), "@items@"
    while marker in text:
        marker += "@"
    return marker


def load_plan(text: bytes | str, *, path: str = "plan") -> Plan:
    """The plan that `text` holds. A text that is no plan, or not the one its digest names, is a SpecError."""
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        span = Span.at(path, error.lineno, error.colno)
        raise SpecError([Diagnostic("plan-format", f"this is not JSON: {error.msg}", span=span)]) from None
    if not isinstance(tree, dict) or "evalspec_plan" not in tree:
        raise _refused(path, "plan-format", "this is not a plan: it has no `evalspec_plan`")
    if tree["evalspec_plan"] != PLAN_FORMAT:
        found = tree["evalspec_plan"]
        raise _refused(path, "plan-version", f"this evalspec reads plan format {PLAN_FORMAT}, not {found!r}")
    try:
        plan = Plan.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = "/".join(str(part) for part in first["loc"])
        raise _refused(
            path, "plan-format", f"`{where}` is not as a plan has it: {first['msg'].lower()}"
        ) from None
    for name, found, expected in (
        ("dataset", plan.dataset.digest, items_digest(plan.dataset.items)),
        ("plan", plan.digest, plan_digest(plan)),
    ):
        if found != expected:
            message = f"the {name} was changed after it was compiled: it does not have the digest it states"
            raise _refused(path, "plan-digest-mismatch", message)
    return plan


def with_digest(**parts: Any) -> Plan:
    """A plan of these parts with its digest."""
    draft = Plan(digest="sha256:" + "0" * 64, **parts)
    return draft.model_copy(update={"digest": plan_digest(draft)})


def _refused(path: str, code: str, message: str) -> SpecError:
    return SpecError([Diagnostic(code, f"{path}: {message}")])
