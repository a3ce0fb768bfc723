"""A drift check in the text format of Prometheus, for the textfile collector of the node exporter.

Each kind is always present, so that what vanished is 0; only the scope and the kind are labels; no sample has
a timestamp of its own. The time of the last check is a gauge: an alarm on it notices checks that do not run.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from jobspec.reconcile.drift.finding import KINDS, PENDING
from jobspec.report.drift import words
from jobspec.report.text import printable

if TYPE_CHECKING:
    from datetime import datetime

    from jobspec.report.drift.view import DriftView


def render(view: DriftView, *, now: datetime) -> str:
    """Return the metrics of a check that ended at `now`."""
    scope = f'scope="{_label(view.scope)}"'
    counts = Counter(one.kind for one in words.counted(view))
    found, pending = (
        {f'{scope},kind="{kind}"': counts[kind] for kind in KINDS if (kind in PENDING) is is_pending}
        for is_pending in (False, True)
    )
    new = {f'{scope},state="drift"': len(view.findings), f'{scope},state="pending"': len(view.pending)}
    families = (
        ("findings", "Tasks that left the declared state, by kind, without acknowledged ones.", found),
        ("pending", "Changes of manifests that are not applied yet, by kind.", pending),
        ("new", "Findings that the last report does not contain.", new),
        ("acknowledged", "Findings that the project acknowledges.", {scope: len(view.acknowledged)}),
        (
            "stale_acknowledgements",
            "Acknowledgements that silence nothing.",
            {scope: len(view.stale_acknowledgements)},
        ),
        (
            "last_success_timestamp_seconds",
            "When a check last decided what has drifted, in seconds since 1970.",
            {scope: int(now.timestamp())},
        ),
    )
    return "".join(_family(*family) for family in families)


def _family(name: str, text: str, samples: dict[str, int]) -> str:
    name = f"jobspec_drift_{name}"
    lines = [f"{name}{{{labels}}} {value}" for labels, value in samples.items()]
    return "\n".join([f"# HELP {name} {text}", f"# TYPE {name} gauge", *lines, ""])


def _label(text: str) -> str:
    return printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
