"""The errors of the local platform: API errors in its answers, and errors that stop it.

ApiError                one API error: becomes the envelope
LocalError              the local platform cannot be used; the command line reports it
├── FolderRefused       the state folder is a link, a file or another user's
├── StoreTooNew         a newer release wrote the store
├── StoreUnusable       the store's file is damaged, locked, read-only, or has no room to grow
│   └── StoreGone       it was removed or replaced while in use
└── CannotServe         the address would let strangers run commands here, or the folder is missing
UnknownTask             no task has this id; the actions return it as an ApiError
"""

from __future__ import annotations

_NUMBERS = {
    "MissingParameter": 100002,
    "InvalidActionOrVersion": 100008,
    "InvalidAccessKey": 100009,
    "SignatureDoesNotMatch": 100010,
    "AccessDenied": 100013,
    "InternalError": 100014,
}


class ApiError(Exception):
    """The refusal of one request: the API's error code, a message for people, and the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @property
    def number(self) -> int:
        """The `CodeN`, which clients only display: the vendor publishes no list of them (unconfirmed)."""
        return _NUMBERS.get(self.code, 0)


class LocalError(Exception):
    """The local platform cannot be used. `help` is one line with what to do."""

    def __init__(self, message: str, *, help: str = "") -> None:  # noqa: A002 - the name in every diagnostic
        super().__init__(message)
        self.message = message
        self.help = help


class FolderRefused(LocalError):
    """Secrets may not be written to the folder of the local platform."""


class StoreTooNew(LocalError):
    """A newer release wrote the store."""


class StoreUnusable(LocalError):
    """The file of the store cannot be read or written."""


class StoreGone(StoreUnusable):
    """The file of the store was removed while it was in use: changes to it are lost."""


class CannotServe(LocalError):
    """The address or the folder may not be served like this."""


class UnknownTask(Exception):
    """No task has this id."""

    def __init__(self, task_id: str) -> None:
        super().__init__(task_id)
        self.task_id = task_id
