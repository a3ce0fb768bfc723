"""`jobspec schema`: the JSON Schemas of manifests and of machine output."""

from __future__ import annotations

import json

import click

from jobspec.cli import terminal
from jobspec.cli.exits import Exit
from jobspec.cli.parameters import TEXT
from jobspec.errors import UsageError
from jobspec.quoting import quote
from jobspec.workflow.project.reference import schemas


@click.command()
@click.argument("name", required=False, type=TEXT)
def schema(*, name: str | None) -> int:
    """Print a JSON Schema.

    NAME is `manifest` by default; `list` prints all names.

    \b
    Examples:
      jobspec schema > manifest.schema.json
      jobspec schema plan
    """
    known = {file.partition(".")[0]: document for file, document in schemas().items()}
    if name == "list":
        terminal.result("\n".join(known))
        return Exit.DONE
    document = known.get(name or "manifest")
    if document is None:
        raise UsageError(f"there is no schema {quote(name)}", help=f"available: {', '.join(known)}")
    terminal.result(json.dumps(document, indent=2, ensure_ascii=False))
    return Exit.DONE
