"""`embedded:rules`: answers and tool calls by patterns, as a conversation's script."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from evalspec.models.errors import ModelError
from evalspec.models.messages import Message, ToolCall, conversation_text
from evalspec.models.spec import Rule

__all__ = ["answer_by_rule"]

_GROUP: Final = re.compile(r"\\(\\|[0-9])")


def answer_by_rule(rules: Sequence[Rule], messages: Sequence[Message]) -> tuple[Any, ToolCall | None]:
    """The answer (a text or a JSON tree) or the tool call of the first rule that fires.

    Raises ModelError: `no_rule`, or `unsupported` for a pattern that is no RE2 expression.
    """
    text = conversation_text(messages)
    answered = _tool_that_answered(messages)
    for rule in rules:
        if rule.tool is not None and rule.skip_after_tool and rule.tool == answered:
            continue
        found = _compiled(rule.pattern).search(text)
        if found is None:
            continue
        groups = [found.group(0), *found.groups()]
        if rule.tool is None:
            return _expanded(rule.answer, groups), None
        arguments = _expanded(dict(rule.arguments), groups)
        digest = hashlib.sha256(f"{rule.tool}\n{text}".encode()).hexdigest()
        return "", ToolCall(f"call_{digest[:16]}", rule.tool, arguments)
    raise ModelError("no_rule", f"none of the {len(rules)} rules matches the conversation")


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> Any:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        raise ModelError("unsupported", f"the rule's pattern `{pattern}` is no RE2 expression") from error


def _tool_that_answered(messages: Sequence[Message]) -> str | None:
    """The name of the tool whose result is the last message."""
    if not messages or messages[-1].get("role") != "tool":
        return None
    wanted = messages[-1].get("tool_call_id")
    for message in reversed(messages):
        for call in message.get("tool_calls") or ():
            if call.get("id") == wanted:
                return str(call["function"]["name"])
    return None


def _expanded(node: Any, groups: Sequence[str | None]) -> Any:
    """The tree with the groups in its texts."""
    if isinstance(node, str):
        return _GROUP.sub(lambda found: _group(found[1], groups), node)
    if isinstance(node, Mapping):
        return {key: _expanded(value, groups) for key, value in node.items()}
    if isinstance(node, Sequence):
        return [_expanded(value, groups) for value in node]
    return node


def _group(what: str, groups: Sequence[str | None]) -> str:
    if what == "\\":
        return "\\"
    return (groups[int(what)] or "") if int(what) < len(groups) else ""
