"""The fields of a program that is called."""

from typing import Literal

from pydantic import Field

from evalspec.kinds.fields import KindFields, meanings

__all__ = ["CommandFields"]


class CommandFields(KindFields):
    """Fields of one call of a program."""

    argv: list[str] = Field(
        min_length=1,
        description="The program and its arguments, without a shell; the arguments are templates. A program "
        "with `/` in its name is one of the project, relative to its root; another is looked for on PATH.",
        examples=[["./bin/answer", "--lang", "{{ metadata.lang }}"]],
    )
    stdin: Literal["json", "text", "none"] = Field(
        "json",
        description="What the program is given on its standard input.",
        json_schema_extra=meanings(
            json="One JSON document, on one line, with the id and all there is to see.",
            text="The text that `stdin_template` makes.",
            none="Nothing.",
        ),
    )
    stdin_template: str | None = Field(
        None,
        description="Template of the text on its standard input, with `stdin` `text`.",
        examples=["{{ input }}"],
    )
    stdout: Literal["json", "text"] = Field(
        "json",
        description="What it writes to its standard output.",
        json_schema_extra=meanings(
            json="One JSON document: the result.",
            text="A text: the result, without the line ends after it.",
        ),
    )
    env: list[str] = Field(
        default_factory=list,
        description="Names of environment variables that it is given, besides `PATH`, `HOME`, `LANG` and "
        "`TMPDIR`. Their values are kept nowhere and belong to no digest.",
        examples=[["ASSISTANT_TOKEN"]],
    )
    env_set: dict[str, str] = Field(
        default_factory=dict,
        description="Environment variables with the values that it is given; they belong to the digest.",
        examples=[{"REGION": "eu"}],
    )
    cwd: str = Field(".", description="The folder that it runs in, relative to the project root.")
    files: list[str] = Field(
        default_factory=list,
        description="Files that it reads, as patterns relative to the project root; their content belongs to "
        "the digest. The program, files that arguments name, and the module of `python -m` are covered "
        "without this.",
        examples=[["prompts/*.txt"]],
    )
