"""The diagnostics of templates that cannot be applied. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.diagnostics import Diagnostic, Related
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jobspec.manifest.yaml.tree import Scalar

UNKNOWN_TEMPLATE = "JS370"
_CIRCLE = "JS371"
_MOST_LISTED = 5


def unknown_templates(
    names: Iterable[Scalar], known: Collection[str], elsewhere: Mapping[str, str]
) -> Iterator[Diagnostic]:
    """Yield an error for each name that is no template of the project.

    `elsewhere` has the advice about templates that only other environments have.
    """
    for name in names:
        if name.value not in known:
            yield Diagnostic(
                UNKNOWN_TEMPLATE,
                f"unknown template {quote(name.text)}",
                place=name.at.place,
                label="no such template",
                help=elsewhere.get(str(name.value)) or _suggestion(str(name.value), known),
            )


def _suggestion(name: str, known: Collection[str]) -> str:
    from jobspec.manifest.validate.shape import closest  # noqa: PLC0415 - pydantic, only to explain

    close = closest(name, known)
    if close:
        return f"did you mean {quote(close)}?"
    if known and len(known) <= _MOST_LISTED:
        return f"known are {', '.join(map(quote, known))}; or add it to `spec.templates` in `jobspec.yaml`"
    return f"add {quote(name)} to `spec.templates` in `jobspec.yaml`"


def removed_by(environment: str, name: str) -> str:
    """Return the advice about a template of the project that an environment removes."""
    line = quote(f"{name}: null")
    return f"the environment {quote(environment)} removes it: remove {line} from its `templates`"


def only_in(environment: str) -> str:
    """Return the advice about a template that only another environment has."""
    move = "move the template to `spec.templates` in `jobspec.yaml`"
    return f"only the environment {quote(environment)} has it: select it with `-e`, or {move}"


def circle(names: list[Scalar]) -> Diagnostic:
    """Return the error for templates that extend each other; each name is written in the one before it."""
    *others, last = names
    return Diagnostic(
        _CIRCLE,
        f"the template {quote(last.text)} extends itself",
        place=last.at.place,
        label="closes the circle",
        help="remove one of the names from its `extends`",
        related=tuple(Related(name.at.place, f"extends {quote(name.text)}") for name in others),
    )


def too_many_levels(name: Scalar, limit: int) -> Diagnostic:
    """Return the error for a template that extends others through too many levels."""
    return Diagnostic(
        _CIRCLE,
        f"the template {quote(name.text)} extends others through more than {limit} levels",
        place=name.at.place,
        label="exceeds the limit",
        help="move fields of the templates between into one of them",
    )
