"""The link to a run's log: no address becomes markup."""

from __future__ import annotations

import pytest

from jobspec.report.ci.failure import render
from jobspec.report.ci.log_link import log_link


def test_an_address_becomes_a_link() -> None:
    assert (
        log_link("https://example.org/acme/runs/1") == "[The log of the job](https://example.org/acme/runs/1)"
    )


@pytest.mark.parametrize(
    "page", ["", "javascript:alert(1)", "https://x/) @everyone", "https://x/<b>", "https://x/" + "a" * 200]
)
def test_any_other_text_is_left_out(page: str) -> None:
    assert log_link(page) == ""
    assert "The log of the job shows the reason." in render("plan", 1, page)
