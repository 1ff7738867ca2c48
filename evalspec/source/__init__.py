"""Text to Document: TOML and JSON with the span of every key and value, and JSON pointers."""

from evalspec.source.document import Document
from evalspec.source.excerpts import source_texts
from evalspec.source.load import MAX_BYTES, load_document, parse_document
from evalspec.source.values import MAX_DEPTH

__all__ = ["MAX_BYTES", "MAX_DEPTH", "Document", "load_document", "parse_document", "source_texts"]
