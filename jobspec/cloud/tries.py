"""Return the one error that reports all tries of a write. Pure."""

from __future__ import annotations

from jobspec.errors import (
    NotFound,
    NotInTerminalState,
    NotSent,
    PlatformError,
    Refused,
    Throttled,
    Unavailable,
)


def of_all_tries(error: PlatformError, *, is_unclear: bool) -> PlatformError:
    """Return the error to raise after the last try. `is_unclear`: an earlier try may have been executed.

    An error that means "not executed" covers the last try only; one that describes the task covers all tries.
    """
    is_of_last_try = isinstance(error, (NotSent, Throttled, Refused))
    if not is_unclear or not is_of_last_try or isinstance(error, (NotFound, NotInTerminalState)):
        return error
    return Unavailable(
        f"{error.message}; an earlier attempt got no response and may have been executed",
        action=error.action,
        api_code=error.api_code,
        request_id=error.request_id,
        status=error.status,
        help=error.help,
    )
