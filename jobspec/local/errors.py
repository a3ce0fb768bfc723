"""What the local platform answers when it refuses, and what stops it from serving at all.

ApiError                one API error: becomes the envelope
LocalError              the local platform cannot be used; the command line words it
├── FolderRefused       the state folder is a link, a file or somebody else's
├── StoreTooNew         a newer release wrote the store
├── StoreUnusable       the store's file is damaged, locked, read-only, or has no room to grow
│   └── StoreGone       it was removed, or replaced, while it was in use
└── ServeRefused        serving like that would let strangers run commands here, or in no folder
UnknownTask             no task has this id; the actions answer it as an ApiError
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
    """A refusal of one request: the API's error code, a message for people, and the HTTP status."""

    def __init__(self, code: str, message: str, *, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    @property
    def number(self) -> int:
        """`CodeN`, which clients only show: the vendor publishes no list of them (unconfirmed)."""
        return _NUMBERS.get(self.code, 0)


class LocalError(Exception):
    """The local platform cannot be used. `help` is one line with what to do."""

    def __init__(self, message: str, *, help: str = "") -> None:  # noqa: A002 - the word of every diagnostic
        super().__init__(message)
        self.message = message
        self.help = help


class FolderRefused(LocalError):
    """The folder of the local platform is not one that its secrets may be written to."""


class StoreTooNew(LocalError):
    """The store was written by a newer release."""


class StoreUnusable(LocalError):
    """The file of the store cannot be read or written."""


class StoreGone(StoreUnusable):
    """The file of the store was removed while it was in use: what is done to it now is lost."""


class CannotServe(LocalError):
    """The address, or the folder, may not be served in this way."""


class UnknownTask(Exception):
    """No task has this id."""

    def __init__(self, task_id: str) -> None:
        super().__init__(task_id)
        self.task_id = task_id
