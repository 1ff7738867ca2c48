"""`python -m tests.faults.child`: evalspec's command line with the trap of the variable FAULTS_TRAP."""

import os
import sys

from evalspec.cli import main
from tests.faults.traps import arm

if __name__ == "__main__":
    arm(os.environ["FAULTS_TRAP"])
    sys.exit(main())
