"""docs/cli.md knows every command and every option, and no other."""

import re
from pathlib import Path
from typing import Any

import pytest
import typer

from evalspec.cli.app import app

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "cli.md").read_text(encoding="utf-8")
SECTIONS: dict[str, str] = dict(re.findall(r"^## ([^\n]+)\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL))
# Said once, at the top of the page.
EVERYWHERE = {"--root", "--store", "--format", "--help", "--quiet"}


def commands(group: Any, prefix: str = "") -> dict[str, Any]:
    """Commands by their names; typer brings a click of its own, so they are known by what they have."""
    found: dict[str, Any] = {}
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            found |= commands(command, f"{prefix}{name} ")
        else:
            found[prefix + name] = command
    return found


COMMANDS = commands(typer.main.get_command(app))


def options(command: Any) -> set[str]:
    return {
        name for parameter in command.params for name in parameter.opts if name.startswith("--")
    } | EVERYWHERE


def section(name: str) -> str:
    [text] = [text for title, text in SECTIONS.items() if name in title.split(" and ")]
    return text


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_a_section_with_its_options(name: str) -> None:
    text = section(name)
    assert f"$ evalspec {name}" in text
    known = options(COMMANDS[name])
    if name == "resume":  # has those of `run` besides its own
        text += section("run")
    mentioned = set(re.findall(r"--[a-z][a-z-]+", text))
    assert known - EVERYWHERE <= mentioned
    if " " not in name:
        assert mentioned <= known


def test_no_other_command_is_named() -> None:
    named = set(re.findall(r"^\$ evalspec ((?:dataset |rubric )?[a-z]+)", PAGE, re.MULTILINE))
    assert named == set(COMMANDS)
