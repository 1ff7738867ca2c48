"""The program of a worker process: makes evalspec importable, and begins.

It is run in isolated mode, as a file: `python -I bootstrap.py PARENT PACKAGE [FOLDER ...]`. PARENT is the id
of the parent process. PACKAGE is the folder of the package `evalspec`, which need not be installed: it is
loaded from there, without what lies beside it. The FOLDERs hold installed distributions and end the search
path.
"""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path


def _load_package(folder: Path) -> None:
    spec = spec_from_file_location(
        folder.name, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    assert spec is not None  # a file whose name ends with `.py` has a loader
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[folder.name] = module
    spec.loader.exec_module(module)


def _begin(parent: str, package: str, *folders: str) -> None:
    sys.path += [folder for folder in folders if folder not in sys.path]
    _load_package(Path(package))
    from evalspec.kinds.bounded.worker import main

    main(int(parent))


if __name__ == "__main__":
    _begin(*sys.argv[1:])
