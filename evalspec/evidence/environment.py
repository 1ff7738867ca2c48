"""Place and moment of a run: what belongs to a machine and not to the plan."""

import os
import platform
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path
from typing import Any

from evalspec.evidence.git import git_state
from evalspec.version import __version__


def collect_environment(root: Path, packages: Iterable[str] = ()) -> dict[str, Any]:
    """Commit, versions and class of the machine; no name of host or user, no path, no variable.

    `packages` are names of distributions or of the modules they install, such as those that the task imports;
    the version of each one that is installed is noted. To be called where a run begins: it asks git.
    """
    environment: dict[str, Any] = {
        "python": platform.python_version(),
        "implementation": platform.python_implementation(),
        "evalspec": __version__,
        "platform": f"{sys.platform} {platform.machine()}".strip(),
        "cpus": os.cpu_count() or 1,
    }
    state = git_state(root)
    if state:
        environment["git"] = state
    distributions = installed_versions(packages)
    if distributions:
        environment["distributions"] = distributions
    return environment


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Distribution to version, for distributions named by themselves or by a module they install."""
    found: dict[str, str] = {}
    modules: set[str] = set()
    for name in packages:
        try:
            found[name] = version(name)
        except (PackageNotFoundError, ValueError):
            modules.add(name.partition(".")[0])
    if modules:
        owners = packages_distributions()
        for distribution in sorted({owner for module in modules for owner in owners.get(module, ())}):
            found[distribution] = version(distribution)
    return dict(sorted(found.items()))
