"""A command that ended without a result, as Markdown."""

from __future__ import annotations


def render(command: str, code: int, page: str) -> str:
    """Return the report: a comment that shows an older plan would be wrong. `page` is the run's address."""
    log = (
        f"[The log of the job]({page}) shows the reason." if page else "The log of the job shows the reason."
    )
    return f"### jobspec {command} failed\n\n**exit code {code}: there is no result.** {log}\n"
