"""`jobspec validate`: checks manifests without a platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit
from jobspec.cli.messages import print_skipped
from jobspec.cli.parameters import OneOf
from jobspec.report.diagnostics.summary import closing_line
from jobspec.report.text import count
from jobspec.workflow.project.manifests import Target, load_manifests

if TYPE_CHECKING:
    from jobspec.manifest.load import Loaded
    from jobspec.report.diagnostics.formats import Format
    from jobspec.workflow.surroundings import Surroundings


_DOCUMENTS = frozenset({"json", "gitlab", "junit"})
"""Formats that are a document even without diagnostics."""


@click.command()
@options.of_paths
@click.option(
    "--format",
    type=OneOf("output format", ["full", "concise", "json", "github", "gitlab", "junit"]),
    default="full",
    show_default=True,
    help="Output format: full text, one line per problem, JSON, GitHub annotations, a GitLab code quality "
    "report, or JUnit XML.",
)
def validate(*, target: Target, format: Format) -> int:  # noqa: A002
    """Check manifests without contacting the platform.

    PATHS are files or folders of a project; the current folder by default.

    \b
    Examples:
      jobspec validate
      jobspec validate -e prod --format github
    """
    surroundings = options.surroundings()
    loaded = load_manifests(target, surroundings)
    text = _rendered(loaded, format, surroundings) if loaded.diagnostics or format in _DOCUMENTS else ""
    if text:
        terminal.result(text)
    print_skipped(loaded)
    closing = closing_line(loaded.diagnostics, loaded.manifests)
    terminal.message(closing or f"{count(loaded.manifests, 'manifest')} of {loaded.scope}: no problems")
    return Exit.ERROR if loaded.has_errors else Exit.DONE


def _rendered(loaded: Loaded, format: Format, surroundings: Surroundings) -> str:  # noqa: A002
    from jobspec.report.diagnostics.formats import render
    from jobspec.report.diagnostics.json_document import render_json
    from jobspec.workflow.project.repository import placed_in_repository

    diagnostics = loaded.diagnostics
    if format == "json":
        return render_json(diagnostics, loaded.skipped)
    if format in ("github", "gitlab", "junit"):
        diagnostics = placed_in_repository(diagnostics, surroundings.cwd, surroundings.environ)
    colour, width = terminal.colour_out(), terminal.width()
    return render(diagnostics, loaded.sources, format=format, colour=colour, width=width)
