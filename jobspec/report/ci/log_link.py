"""The link from a report to the log of the run that wrote it."""

from __future__ import annotations

import re

_ADDRESS = re.compile(r"https?://[^\s()<>\[\]`]{1,140}")


def log_link(page: str) -> str:
    """Return the link in Markdown; empty for an address that could be markup, or that is very long."""
    return f"[The log of the job]({page})" if _ADDRESS.fullmatch(page) else ""
