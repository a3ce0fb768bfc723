"""What a docstring says about each parameter."""

from __future__ import annotations

import inspect
import re


def meanings(documented: object) -> dict[str, str]:
    """The parameters below `Args:`, in order, each with its text in one line."""
    text = inspect.getdoc(documented) or ""
    listed = re.search(r"^Args:\n((?:    .*\n?)+)", text, re.MULTILINE)
    assert listed is not None, f"no parameter is explained in {documented}"
    entries = re.split(r"^    (?=\w+: )", listed[1], flags=re.MULTILINE)[1:]
    pairs = (entry.split(": ", 1) for entry in entries)
    return {name: " ".join(meaning.split()) for name, meaning in pairs}
