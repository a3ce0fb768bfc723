"""`jobspec schema` and `jobspec explain`: what the documentation says, at hand."""

from __future__ import annotations

import json
import re

import click

from jobspec.cli import terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT
from jobspec.errors import UsageError


@click.command()
@click.argument("name", required=False, type=TEXT)
def schema(*, name: str | None) -> int:
    """Print a JSON Schema.

    NAME is `manifest` by default; `list` prints the names of all.

    \b
    Examples:
      jobspec schema > manifest.schema.json
      jobspec schema plan
    """
    from jobspec.workflow.project.reference import schemas

    known = {file.partition(".")[0]: document for file, document in schemas().items()}
    if name == "list":
        terminal.result("\n".join(known))
        return Exit.DONE
    document = known.get(name or "manifest")
    if document is None:
        raise UsageError(f"there is no schema `{name}`", help=f"there are {', '.join(known)}")
    terminal.result(json.dumps(document, indent=2, ensure_ascii=False))
    return Exit.DONE


@click.command()
@click.argument("subject", type=TEXT)
def explain(*, subject: str) -> int:
    """Explain a field of a manifest, or a code.

    \b
    Examples:
      jobspec explain spec.roles.replicas
      jobspec explain JS204
    """
    from jobspec.workflow.project.reference import explain_code, explain_field

    is_code = re.fullmatch(r"[Jj][Ss]\d{3}", subject) is not None
    terminal.result(explain_code(subject.upper()) if is_code else explain_field(subject))
    return Exit.DONE
