"""`code_parses`: whether a text is code without syntax errors."""

from typing import Any, Literal

from pydantic import Field

from evalspec.evaluators.base import BOOLEAN, EvaluationError, OneScoreFields
from evalspec.evaluators.bounded import evaluate_bounded
from evalspec.evaluators.code_fences import code_fences
from evalspec.evaluators.code_texts import GRAMMARS
from evalspec.evaluators.extras import require
from evalspec.evaluators.plain import Commented, Measure, plain_kind, text
from evalspec.kinds.fields import meanings

__all__ = ["KIND", "CodeParsesFields"]

_MAX_TEXT = 1_000_000


class CodeParsesFields(OneScoreFields):
    """True where `value` is code of a language without syntax errors; otherwise the comment says where one
    is.

    The code is parsed and never run. With `fenced` it is the content of the first code fence of a Markdown
    text, whatever language the fence names; without a fence the score is false.

        [evaluators.compiles]
        type = "code_parses"
        value = "output.answer"
        language = "python"
        fenced = true
        score = "compiles"

    Where `value` is no text the evaluation fails with `not_text`, where there is nothing but white space with
    `empty_text`; with more code than 100,000 characters (of JavaScript and
    TypeScript 20,000, of Bash 10,000), or nested too deeply, it fails with `too_large`.
    JavaScript, TypeScript and Bash need the extra `formats`; what counts as an error there is what the
    installed tree-sitter grammar says, and for Python what the running version of Python says.
    """

    type: Literal["code_parses"] = "code_parses"
    value: str = Field(
        "output", description="Expression for the text to look at.", examples=["output.answer"]
    )
    language: Literal["python", "javascript", "typescript", "tsx", "bash", "json", "toml"] = Field(
        description="The language of the code.",
        json_schema_extra=meanings(
            python="Python, in the version that runs evalspec.",
            javascript="JavaScript, with JSX.",
            typescript="TypeScript.",
            tsx="TypeScript with JSX.",
            bash="Bash.",
            json="JSON (RFC 8259).",
            toml="TOML 1.0.",
        ),
    )
    fenced: bool = Field(False, description="Whether the code stands in a code fence of the text.")


def _measure(fields: dict[str, Any]) -> Measure:
    language: str = fields["language"]
    fenced: bool = fields["fenced"]
    preload = []
    if language in GRAMMARS:
        module, _ = GRAMMARS[language]
        require(module, "formats")
        preload = ["tree_sitter", module]

    async def measure(value: Any) -> Commented:
        code = text("value", value)
        if not code.strip():
            raise EvaluationError("empty_text", "`value` is empty")
        if fenced:
            if len(code) > _MAX_TEXT:
                message = f"the text has {len(code):,} characters, more than {_MAX_TEXT:,}"
                raise EvaluationError("too_large", message)
            fences = code_fences(code)
            if not fences:
                return Commented(False, "there is no code fence")
            code = fences[0].content
        fault = await evaluate_bounded(
            "evalspec.evaluators.code_texts:fault", [code, language], preload=preload
        )
        return Commented(fault is None, fault)

    return measure


KIND = plain_kind(
    CodeParsesFields, _measure, yields=BOOLEAN, group="format", expressions=("value",), extra="formats"
)
