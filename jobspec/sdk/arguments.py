"""Checks the types of parameters before anything is sent.

Whether a value of the right type is valid is left to the platform. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from jobspec.errors import UsageError
from jobspec.reconcile.runs import STATES

Check: TypeAlias = Callable[[str, object], None]


def check(values: Mapping[str, object]) -> None:
    """Check that each value has the type of its parameter. Raises `UsageError`."""
    for parameter, value in values.items():
        _CHECKS[parameter](parameter, value)


def check_given(values: Mapping[str, object]) -> None:
    """Check the values that are not None."""
    check({parameter: value for parameter, value in values.items() if value is not None})


def sendable(parameter: str, value: object) -> Any:
    """Convert a value to JSON types. Raises `UsageError` for a value that JSON cannot hold."""
    if parameter in _SENT_LISTS:
        _list(parameter, value)
    return _plain(parameter, value)


def _plain(path: str, value: object) -> Any:
    if isinstance(value, Mapping):
        return {_key(path, key): _plain(f"{path}[{key!r}]", item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(f"{path}[{index}]", item) for index, item in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        raise _wrong(path, "a finite number", str(value))
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    raise _wrong(path, "a string, a number, a list or a dict", _kind(value))


def _key(path: str, key: object) -> str:
    if isinstance(key, str):
        return key
    raise _wrong(path, "a dict with strings as keys", f"one with a key of type `{type(key).__name__}`")


def _text(parameter: str, value: object) -> None:
    if not isinstance(value, str):
        raise _wrong(parameter, "a string", _kind(value))


def _whole(parameter: str, value: object) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise _wrong(parameter, "a whole number", _kind(value))


def _state(parameter: str, value: object) -> None:
    if value not in STATES:
        raise _wrong(parameter, f"one of {', '.join(STATES)}", repr(value))


def _seconds(parameter: str, value: object) -> None:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise _wrong(parameter, "a number of seconds", _kind(value))
    if math.isnan(value):
        raise _wrong(parameter, "a number of seconds", str(value))


def _pause(parameter: str, value: object) -> None:
    _seconds(parameter, value)
    if not isinstance(value, (int, float)) or not 0 <= value < math.inf:
        raise _wrong(parameter, "a number of seconds, 0 or more", str(value))


def _list(parameter: str, value: object) -> None:
    if not isinstance(value, (list, tuple)):
        raise _wrong(parameter, "a list", _kind(value))


def _list_of(each: Check) -> Check:
    def check_items(parameter: str, value: object) -> None:
        _list(parameter, value)
        assert isinstance(value, (list, tuple))  # noqa: S101 - for the type checker
        for index, item in enumerate(value):
            each(f"{parameter}[{index}]", item)

    return check_items


def _kind(value: object) -> str:
    return "None" if value is None else f"a value of type `{type(value).__name__}`"


def _wrong(path: str, wanted: str, found: str) -> UsageError:
    return UsageError(f"`{path}` must be {wanted}, not {found}", help=f"pass {wanted}")


_SENT_LISTS = frozenset({"task_role_specs", "tags", "envs", "storages"})
_CHECKS: Mapping[str, Check] = {
    **dict.fromkeys(("custom_task_id", "name", "description"), _text),
    **dict.fromkeys(("task_name", "task_filter", "task_id", "resource_group_id"), _text),
    "creator_user_ids": _list_of(_whole),
    "states": _list_of(_state),
    "tags": _list_of(_text),
    **dict.fromkeys(("offset", "limit"), _whole),
    **dict.fromkeys(("sort_by", "sort_order"), _text),
    "timeout": _seconds,
    "poll": _pause,
}
