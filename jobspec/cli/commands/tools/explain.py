"""`jobspec explain`: what a field or a code means."""

from __future__ import annotations

import re

import click

from jobspec.cli import terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT
from jobspec.workflow.project.reference import explain_code, explain_field


@click.command()
@click.argument("subject", type=TEXT)
def explain(*, subject: str) -> int:
    """Explain a field of a manifest, or a code.

    \b
    Examples:
      jobspec explain spec.roles.replicas
      jobspec explain JS204
    """
    is_code = re.fullmatch(r"[Jj][Ss]\d{3}", subject) is not None
    terminal.result(explain_code(subject.upper()) if is_code else explain_field(subject))
    return Exit.DONE
