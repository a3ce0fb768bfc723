"""`jobspec validate`, and how every command tells the diagnostics of manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobspec.diagnostics import Diagnostic
    from jobspec.errors import ManifestError
    from jobspec.manifest.load import Loaded
    from jobspec.report.diagnostics.formats import Format
    from jobspec.workflow.project.workspace import Target


@click.command()
@options.of_paths
@click.option(
    "--format",
    type=click.Choice(["full", "concise", "json", "github"]),
    default="full",
    show_default=True,
    help="How problems are told: for people, one line each, as JSON, or as annotations of a pull request.",
)
def validate(*, target: Target, format: Format) -> int:  # noqa: A002
    """Check manifests, without talking to any platform.

    PATHS are in or below a project; the current folder by default.

    \b
    Examples:
      jobspec validate
      jobspec validate -e prod --format github
    """
    from jobspec.report.diagnostics.formats import closing_line, render
    from jobspec.report.diagnostics.json_document import render_json
    from jobspec.report.text import count
    from jobspec.workflow.project.repository import placed_in_repository
    from jobspec.workflow.project.workspace import load_manifests

    surroundings = options.surroundings()
    loaded = load_manifests(target, surroundings)
    diagnostics = loaded.diagnostics
    if format == "github":
        diagnostics = placed_in_repository(diagnostics, surroundings.cwd, surroundings.environ)
    if format == "json":
        text = render_json(diagnostics, loaded.skipped)
    else:
        colour, width = terminal.colour_out(), terminal.width()
        text = render(diagnostics, loaded.sources, format=format, colour=colour, width=width)
    if text:
        terminal.result(text)
    tell_skipped(loaded)
    closing = closing_line(loaded.diagnostics, loaded.manifests)
    terminal.talk(closing or f"{count(loaded.manifests, 'manifest')} of {loaded.scope}: no problems")
    return Exit.ERROR if loaded.has_errors else Exit.DONE


def tell_loaded(loaded: Loaded) -> None:
    """Print to stderr what is doubtful about manifests that can be used."""
    if loaded.diagnostics:
        _tell(loaded.diagnostics, loaded.sources)
    tell_skipped(loaded)


def tell_skipped(loaded: Loaded) -> None:
    """Print to stderr how many YAML files are no manifests."""
    from jobspec.report.diagnostics.formats import skipped_note

    if loaded.skipped:
        terminal.talk(skipped_note(loaded.skipped))


def tell_unusable(error: ManifestError) -> None:
    """Say on stderr why the manifests cannot be used."""
    from jobspec.report.diagnostics.formats import closing_line

    _tell(error.diagnostics, error.sources)
    terminal.talk(closing_line(error.diagnostics, error.manifests, consequence="nothing was done"))


def _tell(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> None:
    from jobspec.report.diagnostics.formats import render

    terminal.talk(render(diagnostics, sources, colour=terminal.colour_talk(), width=terminal.width()))
