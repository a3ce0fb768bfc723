"""How CI installs jobspec: nothing of the checkout, which may be a stranger's, is imported."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.ci.runner import ROOT, read
from tests.ci.test_docs import block

if TYPE_CHECKING:
    from pathlib import Path

[_STEP] = [one for one in read(ROOT / "action.yml")["runs"]["steps"] if one.get("name") == "Install jobspec"]
_GITLAB = read(ROOT / "templates" / "jobspec.gitlab-ci.yml")[".jobspec"]["before_script"]
SCRIPTS = {
    "action": _STEP["run"],
    "gitlab": "\n".join(_GITLAB),
    "page": block("bash", "jobspec ci validate").partition("jobspec ci")[0],
}
PYTHON = """\
#!/bin/sh
echo "$*; PYTHONPATH=${PYTHONPATH:-}" >> "$LOG"
for last; do :; done
if [ "$3" = venv ]; then mkdir -p "$last/bin" && cp "$0" "$last/bin/python"; fi
"""


@pytest.mark.parametrize("name", SCRIPTS)
def test_no_file_of_the_checkout_is_imported_when_jobspec_is_installed(name: str, tmp_path: Path) -> None:
    checkout, programs = tmp_path / "checkout", tmp_path / "bin"
    (checkout / "ci").mkdir(parents=True)
    (checkout / "ci" / "jobspec.lock").write_text("")
    programs.mkdir()
    (programs / "python3").write_text(PYTHON)
    (programs / "git").write_text("#!/bin/sh\n")
    for program in programs.iterdir():
        program.chmod(0o755)
    environ = {
        "PATH": f"{programs}:{os.environ['PATH']}", "LOG": str(tmp_path / "log"), "PYTHONPATH": "src",
        "PYTHON": str(programs / "python3"), "SOURCE": "/source", "RUNNER_TEMP": str(tmp_path),
        "TMPDIR": str(tmp_path), "JOBSPEC_LOCK": "ci/jobspec.lock", "JOBSPEC_FOLDER": ".",
    }  # fmt: skip
    subprocess.run(["bash", "-eo", "pipefail", "-c", SCRIPTS[name]], cwd=checkout, env=environ, check=True)
    calls = (tmp_path / "log").read_text().splitlines()
    assert [call.split()[:3] for call in calls[:2]] == [["-I", "-m", "venv"], ["-I", "-m", "pip"]]
    assert all(call.startswith("-I -m ") and call.endswith("; PYTHONPATH=") for call in calls)


def test_each_python_of_the_page_and_of_the_files_is_isolated() -> None:
    for script in SCRIPTS.values():
        assert re.findall(r"""python3?"? -m""", script) == []
