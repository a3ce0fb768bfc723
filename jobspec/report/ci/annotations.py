"""Workflow commands of GitHub Actions: what they may contain, and those without a place in a file."""

from __future__ import annotations

from jobspec.report.text import printable


def annotation(severity: str, text: str) -> str:
    """Return the command for an annotation without a place."""
    return f"::{severity} title=jobspec::{escaped(printable(text))}"


def escaped(text: str) -> str:
    """Return the text as the message of a command."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
