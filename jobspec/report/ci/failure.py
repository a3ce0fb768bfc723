"""A command that ended without a result, as Markdown."""

from __future__ import annotations

from jobspec.report.ci.log_link import log_link


def render(command: str, code: int, page: str) -> str:
    """Return the report: a comment that shows an older plan would be wrong. `page` is the run's address."""
    log = f"{log_link(page) or 'The log of the job'} shows the reason."
    return f"### jobspec {command} failed\n\n**exit code {code}: there is no result.** {log}\n"
