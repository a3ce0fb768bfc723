"""Prompts for confirmation before anything is written."""

from __future__ import annotations

import click

from jobspec.cli import terminal
from jobspec.errors import UsageError


def check_can_prompt() -> None:
    """Raise `UsageError` if there is no terminal for a prompt."""
    if not terminal.can_prompt():
        raise UsageError(
            "confirmation is required, but there is no terminal; nothing was done",
            help="pass --yes to skip the prompt",
            code="JS408",
        )


def confirm(question: str) -> None:
    """Return if the user confirms. Raises `UsageError` for any other answer, and without a terminal."""
    check_can_prompt()
    if not click.prompt(
        f"{question} [y/N]", default="n", show_default=False, err=True, value_proc=_is_yes, prompt_suffix=": "
    ):
        raise UsageError("not confirmed; nothing was done", code="JS410")


def _is_yes(answer: str) -> bool:
    if answer.strip().lower() in {"y", "yes"}:
        return True
    if answer.strip().lower() in {"n", "no"}:
        return False
    raise click.UsageError("Please answer y or n")
