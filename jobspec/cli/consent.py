"""Asking a person before anything is written."""

from __future__ import annotations

import click

from jobspec.cli import terminal
from jobspec.errors import UsageError


def ask(question: str) -> None:
    """Return on a yes. Raises `UsageError` on anything else, and when there is nobody to ask."""
    if not terminal.can_ask():
        raise UsageError(
            "confirmation is required, but there is no terminal; nothing was done",
            help="pass --yes to skip the prompt",
            code="JS408",
        )
    if not click.prompt(
        f"{question} [y/N]", default="n", show_default=False, err=True, value_proc=_is_yes, prompt_suffix=": "
    ):
        raise UsageError("Cancelled; nothing was done", code="JS410")


def _is_yes(answer: str) -> bool:
    if answer.strip().lower() in {"y", "yes"}:
        return True
    if answer.strip().lower() in {"n", "no"}:
        return False
    raise click.UsageError("Please answer y or n")
