"""Results of commands as reports: Markdown, and outputs for later steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from jobspec.report.plan.view import PlanView


class Report(Struct, frozen=True):
    """The result of a command: its Markdown, and the outputs for later steps."""

    body: str
    outputs: dict[str, str]
    creates: bool = True
    """Whether it is worth a new comment; an existing one is updated in any case."""


def of_plan(file: Path, facts: Path | None) -> Report:
    """Return the report of a saved plan and of its facts; a comment has room for one more line."""
    from jobspec.report.plan import markdown, words
    from jobspec.workflow.planning.saved_plans import load

    view = load(file) if facts is None else _with_facts(load(file), facts)
    changes = sum(number for action, number in view.summary.items() if action != "none")
    body = markdown.render(view, now=datetime.now(UTC), limit=markdown.LIMIT - markdown.RESERVED)
    outputs = {"changes": str(changes), "digest": view.digest, "plan-file": str(file)}
    is_worth = words.is_pending(view) or bool(words.shown(view) or view.guards or view.loosened)
    return Report(body, outputs, creates=is_worth)


def _with_facts(view: PlanView, file: Path) -> PlanView:
    """Return the plan with the facts that were found out when it was made."""
    from msgspec import convert
    from msgspec.structs import replace

    from jobspec.bounded_json import parse
    from jobspec.report.plan.view import PreflightFile

    found = convert(parse(file.read_bytes()), PreflightFile)
    return replace(view, preflight=found.preflight, usage=found.usage, guards=(*view.guards, *found.guards))


def of_apply(file: Path) -> Report:
    """Return the report of an apply, from its JSON."""
    from msgspec import convert

    from jobspec.bounded_json import parse
    from jobspec.report.apply import markdown
    from jobspec.report.apply.view import ApplyView

    view = convert(parse(file.read_bytes()), ApplyView)
    done = str(view.summary.get("done", 0))
    return Report(markdown.render(view), {"changes": done})


def of_drift(markdown: Path, file: Path | None) -> Report:
    """Return the report of a drift check; `file` is its JSON, which does not exist if nothing is known."""
    from jobspec.workflow.drift.reports import read_last

    last = read_last(file) if file else None
    outputs = {"changes": str(len(last.findings) + len(last.pending))} if last else {}
    return Report(markdown.read_text(encoding="utf-8"), outputs)


def of_failure(command: str, code: int, page: str) -> Report:
    """Return the report of a command without a result; `page` is the address of the run's page."""
    from jobspec.report.ci import failure

    return Report(failure.render(command, code, page), {})
