"""Messages that several commands share: problems of manifests, warnings, and a plan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobspec.cli import terminal
from jobspec.quoting import MAX_QUOTED_IN_HELP, cut_quotes
from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jobspec.diagnostics import Diagnostic
    from jobspec.errors import JobspecError, ManifestError
    from jobspec.manifest.load import Loaded
    from jobspec.report.plan.view import PlanView
    from jobspec.workflow.planning.planning import Planned
    from jobspec.workflow.project.workspace import Workspace


def print_diagnostics(loaded: Loaded) -> None:
    """Print the warnings about usable manifests to stderr."""
    if loaded.diagnostics:
        _print(loaded.diagnostics, loaded.sources)
    print_skipped(loaded)


def print_skipped(loaded: Loaded) -> None:
    """Print to stderr how many YAML files are not manifests."""
    if loaded.skipped:
        from jobspec.report.diagnostics.summary import skipped_note

        terminal.message(skipped_note(loaded.skipped))


def print_unusable(error: ManifestError) -> None:
    """Print to stderr why the manifests cannot be used."""
    from jobspec.report.diagnostics.summary import closing_line

    _print(error.diagnostics, error.sources)
    terminal.message(closing_line(error.diagnostics, error.manifests, consequence="nothing was done"))


def print_error(error: JobspecError) -> None:
    """Print an error and its help to stderr."""
    terminal.message(f"error[{error.code}]: {_shown(error.message)}")
    if error.help:
        terminal.message(f"help: {_shown(error.help)}")


def _shown(words: str) -> str:
    return printable(cut_quotes(words, MAX_QUOTED_IN_HELP))


def print_warnings(workspace: Workspace) -> None:
    """Print the warnings about the manifests and the credentials to stderr."""
    print_diagnostics(workspace.loaded)
    for warning in workspace.connection.warnings:
        terminal.message(printable(warning))


def warn_unnamed_environment(workspace: Workspace, planned: Planned) -> None:
    """Warn if no declared environment is selected and nothing has ever run without one."""
    from jobspec.workflow.planning.planning import unnamed_environment

    doubt = unnamed_environment(workspace, planned)
    if doubt:
        terminal.message(f"warning[JS415]: {printable(doubt)}")


def show_plan(view: PlanView, write: Callable[[str], None]) -> None:
    """Write the plan as text."""
    from jobspec.report.plan import text as plan_text

    write(plan_text.render(view, now=datetime.now(UTC), colour=terminal.colour_out()))


def _print(diagnostics: Sequence[Diagnostic], sources: Mapping[str, str]) -> None:
    from jobspec.report.diagnostics.formats import render

    terminal.message(render(diagnostics, sources, colour=terminal.colour_err(), width=terminal.width()))
