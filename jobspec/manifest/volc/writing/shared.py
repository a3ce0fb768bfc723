"""What all converted tasks have in common, for the project's `defaults`. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    Values = dict[str, Any]

_MERGED = frozenset({"env", "retry", "tensorboard", "sidecar"})
"""The maps that are merged field by field, and mean the same in parts."""


def split(specs: Sequence[Values]) -> tuple[Values, list[Values]]:
    """Return what all specs have in common, and the rest of each. With fewer than two, nothing is common."""
    if len(specs) < 2:
        return {}, list(specs)
    common: Values = {}
    first, *others = specs
    for name, value in first.items():
        if all(name in other and _is_same(other[name], value) for other in others):
            common[name] = value
        elif name in _MERGED and all(isinstance(other.get(name), dict) for other in others):
            same = {
                key: part
                for key, part in value.items()
                if all(key in other[name] and _is_same(other[name][key], part) for other in others)
            }
            if same:
                common[name] = same
    return common, [_without(spec, common) for spec in specs]


def _is_same(one: object, other: object) -> bool:
    """Whether two values are equal and written alike: 1 is neither true nor 1.0."""
    return repr(one) == repr(other)


def _without(spec: Values, common: Values) -> Values:
    rest = {}
    for name, value in spec.items():
        if name not in common:
            rest[name] = value
        elif not _is_same(value, common[name]):
            rest[name] = {key: part for key, part in value.items() if key not in common[name]}
    return {name: value for name, value in rest.items() if value != {} or name not in _MERGED}
