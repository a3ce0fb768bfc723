"""A complete HTML document: no script, nothing from the network, readable in light and dark."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from jobspec.report.text import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = """\
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
code, td, li { font-family: ui-monospace, monospace; font-size: 13px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; }
th, td { padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }
ul { margin: .2rem 0; padding-left: 1.2rem; }
"""


def page(title: str, body: Iterable[str], *, style: str) -> str:
    """Return the document; `style` are the rules for the classes of its body, which is HTML already."""
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            f"<title>{safe(title)}</title>",
            f"<style>\n{_STYLE}{style}</style></head><body>",
            *body,
            "</body></html>\n",
        ]
    )


def safe(text: str) -> str:
    """Return foreign text as HTML that shows it."""
    return escape(printable(text))
