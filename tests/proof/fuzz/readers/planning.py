"""From tasks and runs to everything that is shown of their plan: what foreign bytes can go off in later."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jobspec.report.plan import html_page as plan_html
from jobspec.report.plan import markdown as plan_markdown
from jobspec.report.plan import saved as plan_file
from jobspec.report.plan import text as plan_text

if TYPE_CHECKING:
    from jobspec.report.plan.view import PlanView

NOW = datetime(2026, 2, 1, tzinfo=UTC)


def show(plan: PlanView) -> None:
    """Render a plan in every format, and save it: what is read back is what was saved."""
    texts = (
        plan_text.render(plan, now=NOW, colour=True),
        plan_markdown.render(plan, now=NOW),
        plan_html.render(plan, now=NOW),
    )
    assert all(texts)
    for text in texts:
        text.encode("utf-8", "surrogatepass")
    saved = plan_file.write(plan)
    assert plan_file.write(plan_file.read(saved, "plan.json")) == saved
