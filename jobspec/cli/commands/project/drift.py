"""`jobspec drift`: what left the declared state by itself, and what only has to be applied."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from jobspec.cli import options, terminal
from jobspec.cli.commands.project.plan import exit_code
from jobspec.cli.exits import Exit
from jobspec.cli.messages import print_error, print_warnings, warn_unnamed_environment
from jobspec.cli.parameters import PATH, TEXT, Format
from jobspec.errors import JobspecError, UsageError
from jobspec.quoting import quote
from jobspec.report.drift.formats import FORMATS, Form, render, render_unknown
from jobspec.report.drift.view import NotificationView, UnknownDriftView
from jobspec.report.text import printable
from jobspec.workflow.drift.checking import DriftOptions, check
from jobspec.workflow.drift.delivering import Destinations, deliver
from jobspec.workflow.drift.files import ReportFile, report_files, write_files
from jobspec.workflow.drift.notifying import find_target
from jobspec.workflow.drift.reports import LastReport, read_last
from jobspec.workflow.planning.planning import PlanOptions
from jobspec.workflow.project.manifests import Target
from jobspec.workflow.project.workspace import open_workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jobspec.report.drift.view import DriftView


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
@options.MAX_SIZE
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
    output: Form,
    files: tuple[Path, ...],
    max_size: int | None,
    notify: str | None,
) -> int:
    """Report live tasks that left their declared state, and changes that are not applied yet.

    Exits 2 if there are any.

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
    to = Destinations(report_files(files, output), find_target(notify, surroundings))
    formats = {output, *(file.form for file in to.files)}
    options.check_max_size(max_size, "markdown" if "markdown" in formats else output)
    last = _last(only_new)
    plan = replace(wanted, is_brief="json" not in formats)
    try:
        workspace = open_workspace(target, surroundings)
        print_warnings(workspace)
        planned, view = check(workspace, DriftOptions(plan, last, ignores_pending=ignore_pending))
    except JobspecError as error:
        if _leaves_it_unknown(error):
            _report_unknown(error, output, to.files)
        raise
    warn_unnamed_environment(workspace, planned)
    text = partial(render, now=datetime.now(UTC), limit=max_size)
    is_written = _report(view, to, output, text)
    code = exit_code(planned, detailed=False) if is_written else Exit.ERROR
    return code or (Exit.CHANGES if view.findings or view.pending else Exit.DONE)


def _report(view: DriftView, to: Destinations, output: Form, text: Callable[..., str]) -> bool:
    """Deliver and print a check; return whether each file was written."""
    text(view, output)  # a size that is too small is an error before anything is written or sent
    delivered = deliver(view, to, text, datetime.now(UTC))
    terminal.result(text(delivered.view, output, colour=terminal.colour_out()))
    _warn(delivered.view.notification)
    _print_problems(delivered.problems)
    return not delivered.problems


def _last(path: Path | None) -> LastReport | None:
    if path is None:
        return None
    found = read_last(path)
    if found is None:
        terminal.message(f"note: {quote(printable(str(path)))} does not exist yet; all findings are new")
    return found


def _leaves_it_unknown(error: JobspecError) -> bool:
    """Whether the check could not be completed; a wrong command line is no result of a check."""
    return not isinstance(error, UsageError)


def _report_unknown(error: JobspecError, output: Form, files: Sequence[ReportFile]) -> None:
    """Report that nothing is known, where that cannot be mistaken for a result or replace an earlier one."""
    view = UnknownDriftView(code=error.code, message=error.message, help=error.help)
    problems = write_files([file for file in files if not file.is_kept], partial(render_unknown, view))
    _print_problems(problems)
    if output not in {"text", "prometheus"}:  # the error itself is on stderr
        terminal.result(render_unknown(view, output))


def _print_problems(problems: Sequence[UsageError]) -> None:
    for problem in problems:
        print_error(problem)


def _warn(notification: NotificationView | None) -> None:
    if notification is not None and notification.status == "failed":
        at = f" to {notification.host}" if notification.host else ""
        terminal.message(
            f"warning[JS431]: the notification{at} was not sent: {printable(notification.error)}"
        )
