"""The help for an invalid endpoint contains a valid one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jobspec.manifest.load import LoadRequest, load

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
apiVersion: jobspec/v1
kind: Project
metadata: {name: demo}
spec: {platform: {kind: volcengine, endpoint: "%s"}}
"""


@pytest.mark.parametrize(
    ("written", "advised"),
    [
        ("HTTPS://OPEN.volcengineapi.com", "https://open.volcengineapi.com"),
        ("open.volcengineapi.com", "https://open.volcengineapi.com"),
        ("ftp://open.example.com", "https://open.example.com"),
        ("HTTP://127.0.0.1:8080", "http://127.0.0.1:8080"),
    ],
)
def test_following_the_advice_for_an_endpoint_helps(tmp_path: Path, written: str, advised: str) -> None:
    (tmp_path / "jobspec.yaml").write_text(PROJECT % written)
    [problem] = load(LoadRequest((), tmp_path)).diagnostics
    assert (problem.code, problem.help) == ("JS209", f"write `{advised}`")
    (tmp_path / "jobspec.yaml").write_text(PROJECT % advised)
    assert load(LoadRequest((), tmp_path)).diagnostics == ()
