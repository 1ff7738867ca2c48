"""What the digest of a request covers."""

from collections.abc import Set
from typing import Any

from evalspec.kinds.http.fields import HttpFields

__all__ = ["request_identity"]


def request_identity(fields: HttpFields, left_out: Set[str]) -> dict[str, Any]:
    """The fields that differ from their default, without those of `left_out`, and of headers from the
    environment their names and prefixes: which variable holds a secret decides no result.
    """
    identity = fields.model_dump(mode="json", exclude={*left_out, "headers_env"}, exclude_defaults=True)
    if fields.headers_env:
        identity["headers_env"] = {name: header.prefix for name, header in fields.headers_env.items()}
    return identity
