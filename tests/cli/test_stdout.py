"""Standard output is for results, whatever user code prints."""

import json
import subprocess
import sys

from tests.cli.conftest import Project

CHATTY = """\
import subprocess
import sys

print("printed while imported")


def capital_of(country):
    print("printed while called")
    subprocess.run([sys.executable, "-c", "print('printed by a subprocess')"], check=True)
    return "Paris"
"""


def test_what_user_code_prints_goes_to_stderr(project: Project) -> None:
    project.write("answers.py", CHATTY)
    command = [sys.executable, "-m", "evalspec", "run", "capitals.evalspec.toml", "--format", "json"]
    done = subprocess.run(command, cwd=project.folder, capture_output=True, text=True, check=False)
    assert json.loads(done.stdout)["items"]["completed"] == 4
    assert "printed while imported" in done.stderr
    assert done.stderr.count("printed while called") == 4
    assert done.stderr.count("printed by a subprocess") == 4
