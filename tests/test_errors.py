from __future__ import annotations

import re

from jobspec import errors


def descendants(kind: type[Exception]) -> set[str]:
    """The names of a class and of all that derive from it."""
    return {kind.__name__}.union(*(descendants(child) for child in kind.__subclasses__()))


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn = set(re.findall(r"^[ │├└─]*([A-Z]\w+)", (errors.__doc__ or "").partition("\n\n")[2], re.MULTILINE))
    assert drawn == descendants(errors.JobspecError)
