"""What the examples install is pinned: actions and hooks by commit, packages by hash."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
CI = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
EXAMPLES = sorted(
    path
    for pattern in (
        "*.md",
        "docs/**/*.md",
        "specs/**/*",
        ".pre-commit-config.yaml",
        ".github/**/*",
        "action.y*ml",
    )
    for path in ROOT.glob(pattern)
    if path.suffix in {".md", ".yaml", ".yml"}
)
COMMIT = re.compile(r"[0-9a-f]{40}")
ACTION = re.compile(r"^\s*(?:- )?uses:\s*['\"]?([\w./-]+)@(\S+?)['\"]?(?:\s|$)", re.MULTILINE)
HOOK = re.compile(r"^\s*(?:- )?rev:\s*['\"]?(\S+?)['\"]?(?:\s|$)", re.MULTILINE)


def unpinned(text: str) -> list[str]:
    """The actions and hooks of a text that no commit pins."""
    revisions = [*(match[2] for match in ACTION.finditer(text)), *(match[1] for match in HOOK.finditer(text))]
    return [revision for revision in revisions if not COMMIT.fullmatch(revision)]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_actions_and_hooks_are_pinned_by_commit(example: Path) -> None:
    assert unpinned(example.read_text(encoding="utf-8")) == []


def test_a_tag_or_a_branch_is_found() -> None:
    text = "      - uses: actions/checkout@v4\n  rev: v1.2\n    uses: 'a/b/c@main'\n"
    assert unpinned(text) == ["v4", "main", "v1.2"]
    assert len(ACTION.findall(CI)) >= 4


def test_every_job_installs_with_hashes() -> None:
    installs = re.findall(r"pip install .*", CI)
    assert len(installs) >= 3
    assert [one for one in installs if "--require-hashes" not in one and "--dry-run" not in one] == []


def test_a_pull_request_does_not_bring_what_it_is_planned_with() -> None:
    """On GitHub, the action installs its own commit; on GitLab, the lock of the target branch counts."""
    workflow = CI.partition("on:\n  pull_request:")[2].partition("```")[0]
    assert "uses: your-org/jobspec@" in workflow
    assert "pip install" not in workflow
    template = (ROOT / "templates" / "jobspec.gitlab-ci.yml").read_text(encoding="utf-8")
    assert 'git show "FETCH_HEAD:$JOBSPEC_LOCK"' in template


def test_the_lock_of_the_page_pins_each_file_by_its_hash() -> None:
    script = CI.partition("```python\n")[2].partition("```")[0]
    archive = {"archive_info": {"hashes": {"sha256": "a" * 64}}}
    report = {
        "install": [
            {
                "metadata": {"name": "jobspec", "version": "1"},
                "download_info": {"url": "file:///jobspec-1.whl", **archive},
                "is_direct": True,
            },
            {
                "metadata": {"name": "click", "version": "8.4.0"},
                "download_info": {"url": "https://example.com/click.whl", **archive},
                "is_direct": False,
            },
        ]
    }
    ended = subprocess.run(
        [sys.executable, "-c", script], input=json.dumps(report), capture_output=True, text=True, check=True
    )
    assert ended.stdout.splitlines() == [
        f"jobspec @ file:///jobspec-1.whl --hash=sha256:{'a' * 64}",
        f"click==8.4.0 --hash=sha256:{'a' * 64}",
    ]


def test_the_lowest_versions_are_those_of_the_project() -> None:
    """`.ci/lowest` tests with them: a dependency without a plain lower bound would not be tested."""
    ended = subprocess.run(
        [sys.executable, ROOT / ".ci" / "versions.py"], capture_output=True, text=True, check=True
    )
    declared = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    lines = ended.stdout.splitlines()
    assert [one.replace(">=", "==") for one in declared] == lines[: len(declared)]
