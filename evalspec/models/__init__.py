"""The one door to language models and embeddings: what they are asked, what they answer, and why not."""

from evalspec.models.budgets import Budget, Use
from evalspec.models.errors import ErrorKind, ModelError
from evalspec.models.messages import Embeddings, Message, Reply, Tool, ToolCall, Usage
from evalspec.models.spec import ModelSpec, Price, Rule

__all__ = [
    "Budget",
    "Embeddings",
    "ErrorKind",
    "Message",
    "ModelError",
    "ModelSpec",
    "Price",
    "Reply",
    "Rule",
    "Tool",
    "ToolCall",
    "Usage",
    "Use",
]
