"""`jobspec validate`, and how every command tells the diagnostics of manifests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jobspec.cli import options, terminal
from jobspec.cli.exits import Exit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from jobspec.diagnostics import Diagnostic
    from jobspec.errors import ManifestError
    from jobspec.manifest.load import Loaded
    from jobspec.report.diagnostics import Format


@click.command()
@options.of_paths
@click.option(
    "--format",
    type=click.Choice(["full", "concise", "json", "github"]),
    default="full",
    show_default=True,
    help="How problems are told: for people, one line each, as JSON, or as annotations of a pull request.",
)
def validate(*, paths: tuple[Path, ...], environment: str | None, scope: str | None, format: Format) -> int:  # noqa: A002
    """Check manifests, without talking to any platform.

    PATHS are in or below a project; the current folder by default.

    \b
    Examples:
      jobspec validate
      jobspec validate -e prod --format github
    """
    from jobspec.report.diagnostics import closing_line, render
    from jobspec.report.text import count
    from jobspec.workflow.repository import placed_in_repository
    from jobspec.workflow.workspace import load_manifests

    surroundings = options.surroundings()
    loaded = load_manifests(options.target(paths, environment, scope), surroundings)
    diagnostics = loaded.diagnostics
    if format == "github":
        diagnostics = placed_in_repository(diagnostics, surroundings.cwd, surroundings.environ)
    text = render(
        diagnostics,
        loaded.sources,
        format=format,
        colour=terminal.colour_out(),
        width=terminal.width(),
    )
    if text:
        terminal.result(text)
    closing = closing_line(loaded.diagnostics, loaded.manifests)
    terminal.talk(closing or f"{count(loaded.manifests, 'manifest')} of {loaded.scope}: no problems")
    return Exit.ERROR if loaded.has_errors else Exit.DONE


def tell_loaded(loaded: Loaded) -> None:
    """Say on stderr what is doubtful about manifests that can be used."""
    _tell(loaded.diagnostics, loaded.sources)


def tell_unusable(error: ManifestError) -> None:
    """Say on stderr why the manifests cannot be used."""
    from jobspec.report.diagnostics import closing_line

    _tell(error.diagnostics, error.sources)
    terminal.talk(closing_line(error.diagnostics, error.manifests, consequence="nothing was done"))


def _tell(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> None:
    from jobspec.report.diagnostics import render

    terminal.talk(render(diagnostics, sources, colour=terminal.colour_talk(), width=terminal.width()))
