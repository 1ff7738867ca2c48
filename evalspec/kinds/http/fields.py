"""The fields of a request, and of what is read from its response."""

import warnings
from typing import Any, Literal

from pydantic import Field

from evalspec.kinds.fields import KindFields, meanings

__all__ = ["EnvHeaderFields", "HttpFields", "VersionFields"]


class EnvHeaderFields(KindFields):
    """A header whose value is in an environment variable."""

    env: str = Field(description="Name of the environment variable.", examples=["ASSISTANT_TOKEN"])
    prefix: str = Field("", description="What stands before its value.", examples=["Bearer "])


class VersionFields(KindFields):
    """Where a service says which version of it answers."""

    url: str = Field(
        description="What is asked, with GET and the headers of the task; a path is one of the same server.",
        examples=["/version"],
    )
    extract: str | None = Field(
        None,
        description="Expression over `response` for the version; without it the whole response.",
        examples=["response.json.commit"],
    )


# pydantic warns of the name `json`, because its models have a deprecated method that is called so.
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", 'Field name "json"', UserWarning)

    class HttpFields(KindFields):
        """Fields of one request over HTTP."""

        method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = Field(
            "POST",
            description="The request's method.",
            json_schema_extra=meanings(
                GET="Without a body.",
                POST="With a body.",
                PUT="With a body.",
                PATCH="With a body.",
                DELETE="With a body, if there is one.",
            ),
        )
        url: str = Field(
            description="The URL. `{{ … }}` may stand after the host; what it gives is percent-encoded.",
            examples=["https://assistant.example/answers", "http://localhost:8080/users/{{ metadata.user }}"],
        )
        query: dict[str, str] = Field(
            default_factory=dict,
            description="Parameters to add to the URL's query: a template for each.",
            examples=[{"lang": "{{ metadata.lang }}"}],
        )
        headers: dict[str, str] = Field(
            default_factory=dict,
            description="Headers, as they are sent; nothing secret belongs here.",
            examples=[{"accept": "application/json"}],
        )
        headers_env: dict[str, EnvHeaderFields] = Field(
            default_factory=dict,
            description="Headers whose values are in environment variables; they are sent, and never kept.",
            examples=[{"Authorization": {"env": "ASSISTANT_TOKEN", "prefix": "Bearer "}}],
        )
        json: Any = Field(
            None,
            description="The body as a JSON tree whose texts are templates; one that is exactly one "
            "`{{ expression }}` becomes the expression's value and keeps its type.",
            examples=[{"question": "{{ input }}", "history": "{{ metadata.history }}"}],
        )
        body: str | None = Field(
            None, description="The body as a template of a text, instead of `json`.", examples=["{{ input }}"]
        )
        content_type: str | None = Field(
            None, description="The media type of `body`; `text/plain; charset=utf-8` without it."
        )
        form: dict[str, str] | None = Field(
            None,
            description="The body as fields of a form, instead of `json`: a template for each.",
            examples=[{"question": "{{ input }}"}],
        )
        extract: str | None = Field(
            None,
            description="Expression over `response` (`status`, `headers` by lower-case name, `json`, `text`) "
            "for the result; without it `response.json` of a JSON response, else `response.text`.",
            examples=["response.json.answer"],
        )
        expect_status: list[int | str] = Field(
            ["200-299"],
            min_length=1,
            description="The statuses of a response that counts: numbers, and ranges such as `200-299`.",
            examples=[[200, "202-204"]],
        )
        follow_redirects: bool = Field(
            False,
            description="Whether redirects are followed; headers from the environment go to the same server "
            "only.",
        )
