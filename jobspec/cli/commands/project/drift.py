"""`jobspec drift`: what left the declared state by itself, and what only has to be applied."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from msgspec.structs import replace

from jobspec.cli import options, terminal
from jobspec.cli.commands.project.plan import exit_code
from jobspec.cli.exits import Exit
from jobspec.cli.messages import print_warnings, warn_unnamed_environment
from jobspec.cli.parameters import PATH, TEXT, Format
from jobspec.errors import JobspecError, UsageError
from jobspec.quoting import quote
from jobspec.report.drift.formats import FORMATS, render, render_unknown
from jobspec.report.drift.view import NotificationView, UnknownDriftView
from jobspec.report.text import printable
from jobspec.workflow.drift.checking import DriftOptions, check
from jobspec.workflow.drift.notifying import find_target, notified
from jobspec.workflow.drift.reports import LastReport, check_replaceable, read_last, write_report
from jobspec.workflow.planning.planning import PlanOptions
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_workspace

_ENDINGS = {".json": "json", ".md": "markdown", ".markdown": "markdown", ".html": "html", ".htm": "html"} | {
    ".xml": "junit",
    ".prom": "prometheus",
    ".txt": "text",
}
_KEPT = frozenset({"json", "prometheus"})
"""The formats of files that stay as they are if nothing is known: the last report, and the last success."""


@click.command()
@options.of_paths
@options.of_plan
@click.option(
    "--only-new",
    type=PATH,
    metavar="FILE",
    help="Do not list findings that this earlier report (`-o json`) contains, and do not exit 2 because of "
    "them. If the file does not exist yet, all findings are new.",
)
@click.option(
    "--ignore-pending", is_flag=True, help="Leave out what only has to be applied, also from the exit code."
)
@click.option(
    "-o",
    "--output",
    type=Format(FORMATS),
    default="text",
    show_default=True,
    help="Output format.",
)
@click.option(
    "--output-file",
    "files",
    type=PATH,
    multiple=True,
    metavar="FILE",
    help="Also write the report to a file, in one step; repeatable. The ending decides the format: .json, "
    ".md, .html, .xml (JUnit), .prom (Prometheus) or .txt; with another one, it is that of --output.",
)
@click.option(
    "--notify",
    type=TEXT,
    metavar="URL",
    help="Send new drift to Slack, Feishu, DingTalk, WeCom or a plain webhook; `none` sends nothing. "
    "JOBSPEC_NOTIFY_URL by default, then `notify` of the user's configuration; never from the project.",
)
def drift(
    *,
    target: Target,
    wanted: PlanOptions,
    only_new: Path | None,
    ignore_pending: bool,
    output: str,
    files: tuple[Path, ...],
    notify: str | None,
) -> int:
    """Report live tasks that left their declared state, and exit 2 if there are any.

    Changes nothing. Drift is what happened outside: runs that were cancelled, edited, copied or deleted,
    twins and duplicates, failures without retries left, and blocked tasks. Apart from it, drift lists what is
    only pending: manifests that were changed and not applied yet. If the check cannot be completed, nothing
    is known: it exits 1, and leaves the files of earlier reports in JSON and for Prometheus as they are.

    \b
    Examples:
      jobspec drift
      jobspec drift -e prod --ignore-pending -o markdown
      jobspec drift -e prod --only-new drift.json --output-file drift.json
      jobspec drift -e prod -o junit > drift.xml
    """
    surroundings = options.surroundings()
    formats = _formats(files, output)
    last = _last(only_new)
    destination = find_target(notify, surroundings)
    plan = replace(wanted, is_brief="json" not in {output, *formats.values()})
    try:
        workspace = open_workspace(target, surroundings)
        print_warnings(workspace)
        planned, view = check(workspace, DriftOptions(plan, last, ignores_pending=ignore_pending))
    except UsageError:
        raise
    except JobspecError as error:
        unknown = UnknownDriftView(code=error.code, message=error.message, help=error.help)
        _write_unknown(unknown, output, formats)
        raise
    warn_unnamed_environment(workspace, planned)
    view = notified(view, destination, last.unsent if last else (), datetime.now(UTC))
    _warn(view.notification)
    now = datetime.now(UTC)
    for path, form in formats.items():
        write_report(path, render(view, form, now=now))
    terminal.result(render(view, output, now=now, colour=terminal.colour_out()))
    code = exit_code(planned, detailed=False)
    return code or (Exit.CHANGES if view.findings or view.pending else Exit.DONE)


def _formats(files: tuple[Path, ...], output: str) -> dict[Path, str]:
    """Return the format of each file. Raises `UsageError` for one that must not be replaced."""
    for path in files:
        check_replaceable(path)
    return {path: _ENDINGS.get(path.suffix.lower(), output) for path in files}


def _last(path: Path | None) -> LastReport | None:
    if path is None:
        return None
    found = read_last(path)
    if found is None:
        terminal.message(f"note: {quote(printable(str(path)))} does not exist yet; all findings are new")
    return found


def _write_unknown(view: UnknownDriftView, output: str, formats: dict[Path, str]) -> None:
    """Report that nothing is known, where that cannot be mistaken for a result or replace an earlier one."""
    for path, form in formats.items():
        if form not in _KEPT:
            write_report(path, render_unknown(view, form))
    if output not in {"text", "prometheus"}:  # the error itself is on stderr
        terminal.result(render_unknown(view, output))


def _warn(notification: NotificationView | None) -> None:
    if notification is not None and notification.status == "failed":
        at = f" to {notification.host}" if notification.host else ""
        terminal.message(
            f"warning[JS431]: the notification{at} was not sent: {printable(notification.error)}"
        )
