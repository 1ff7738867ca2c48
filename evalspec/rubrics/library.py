"""The ready-made rubrics: one TOML file for each version, named `<name>@<version>.toml`."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Final

from evalspec.rubrics.model import Rubric

__all__ = ["find_rubric", "load_rubric", "rubric_versions"]

_FOLDER: Final = "data"
_ENDING: Final = ".toml"


@cache
def rubric_versions() -> dict[str, tuple[int, ...]]:
    """The versions of each ready-made rubric, ascending; names in alphabetical order."""
    found: dict[str, list[int]] = {}
    for entry in files(__package__).joinpath(_FOLDER).iterdir():
        if entry.name.endswith(_ENDING):
            name, _, version = entry.name.removesuffix(_ENDING).partition("@")
            found.setdefault(name, []).append(int(version))
    return {name: tuple(sorted(found[name])) for name in sorted(found)}


@cache
def load_rubric(name: str, version: int) -> Rubric:
    """A ready-made rubric at a version that there is."""
    file = files(__package__).joinpath(_FOLDER, f"{name}@{version}{_ENDING}")
    tree = tomllib.loads(file.read_text(encoding="utf-8"))
    return Rubric.model_validate({**tree, "name": name, "version": version})


def find_rubric(reference: str) -> Rubric | None:
    """The ready-made rubric that `name` or `name@version` names; the newest version without one."""
    name, at, version = reference.partition("@")
    versions = rubric_versions().get(name, ())
    if not at:
        return load_rubric(name, versions[-1]) if versions else None
    # Compared as text, so that there is one way to write a version.
    return next((load_rubric(name, one) for one in versions if str(one) == version), None)
