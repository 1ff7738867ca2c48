"""Importing the package loads no client, and a missing extra is told in a sentence."""

import json
import subprocess
import sys

HEAVY = (
    "genai_prices",
    "httpx",
    "httpx2",
    "jsonschema",
    "numpy",
    "openai",
    "pydantic",
    "pydantic_ai",
    "re2",
    "wordllama",
)


def run(program: str) -> str:
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout


def test_importing_loads_no_client() -> None:
    program = (
        "import evalspec.models, evalspec.models.client, json, sys; print(json.dumps(sorted(sys.modules)))"
    )
    loaded = {name.split(".")[0] for name in json.loads(run(program))}
    assert loaded.isdisjoint(HEAVY)


MISSING = """
import asyncio, sys
sys.modules[{module!r}] = None
from evalspec.models import ModelError, ModelSpec
from evalspec.models.client import Models

async def main():
    fields = {{"model": {model!r}, "base_url": "http://127.0.0.1:9"}}
    async with Models({{"m": ModelSpec.from_fields("m", fields)}}, {{}}) as models:
        try:
            await models.{call}
        except ModelError as error:
            print(error.kind, error)

asyncio.run(main())
"""


def test_a_missing_extra_says_what_to_install() -> None:
    chat = 'chat("m", [{"role": "user", "content": "x"}], use="subject")'
    for module in ("pydantic_ai", "openai"):
        said = run(MISSING.format(module=module, model="openai:x", call=chat))
        assert said.startswith("missing_extra")
        assert "pip install 'evalspec[models]'" in said
    said = run(MISSING.format(module="wordllama", model="local:wordllama", call='embed("m", ["x"])'))
    assert "pip install 'evalspec[embeddings]'" in said
