"""`python -m evalspec`."""

import os
import sys

# With `-m` the working directory comes first in `sys.path`. A module that a project happens to have, such as
# `orjson.py`, must not be imported in the place of another one, least of all by a mere check.
if sys.path and sys.path[0] == os.getcwd():
    del sys.path[0]

from evalspec.cli import main

if __name__ == "__main__":
    sys.exit(main())
