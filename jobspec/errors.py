"""The exceptions of jobspec. Each carries data; one place renders it as text.

JobspecError
├── UsageError                 an option, a name or a folder is wrong
├── ManifestError              carries the diagnostics of the manifests
├── GuardError                 a guard refused (exit 3)
├── ConfigurationError         a configuration file that cannot be trusted or read
├── CredentialsError           no key, or a key that cannot be used
│   └── EndpointNotAllowed     nothing outside the checkout allows the endpoint
├── SecretError                a secret reference that does not resolve
│   └── SecretNotAllowed       a project may not read this secret
├── ListingIncomplete          a listing could not be proven complete
├── LocalPlatformError         the local platform's folder cannot be used
├── ServeRefused               the local platform cannot be served with these options
├── JournalError               an intent cannot be recorded, so it is not carried out
├── StateFolderError           the user's state folder cannot be used
└── PlatformError              a failure of the platform or of the connection to it
    ├── NotSent                no connection: nothing was executed
    ├── Throttled              429 in the API's own envelope: nothing was executed
    ├── Unavailable            5xx, a timeout or a broken connection: the outcome is unknown
    ├── BadAnswer              a response that is not the API's: HTML, truncated, no Id
    └── Refused                a parsed API error below 500: not executed
        ├── NotFound
        ├── NotInTerminalState
        ├── Forbidden
        ├── NotAuthenticated
        ├── ServerUnproven
        └── UnknownAction
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jobspec.diagnostics import Diagnostic


class JobspecError(Exception):
    """Any error that stops a command. `code` is a diagnostic code, `help` is one line with what to do."""

    code = "JS900"

    def __init__(self, message: str, *, help: str = "") -> None:  # noqa: A002 - the word of every diagnostic
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(JobspecError):
    """The command cannot be run as given: an option, a name or a folder is wrong."""

    def __init__(self, message: str, *, help: str = "", code: str = "JS400") -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.code = code


class ManifestError(JobspecError):
    """The manifests have errors: `diagnostics` holds every problem, in order.

    `sources` are the texts of the files without secrets, for excerpts; `manifests` is the number of
    manifests.
    """

    code = "JS200"

    def __init__(
        self, diagnostics: Sequence[Diagnostic], *, sources: Mapping[str, str], manifests: int
    ) -> None:
        super().__init__("the manifests have errors")
        self.diagnostics = tuple(diagnostics)
        self.sources = sources
        self.manifests = manifests


class GuardError(JobspecError):
    """A guard refused the whole plan before anything was written. `guard` is its name for `--force`.

    `others` are further guards that refused the same plan.
    """

    code = "JS401"

    def __init__(self, message: str, *, guard: str, code: str, help: str = "") -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.guard = guard
        self.code = code
        self.others: tuple[GuardError, ...] = ()


class CredentialsError(JobspecError):
    """There are no credentials, or they cannot be used."""

    code = "JS501"


class ConfigurationError(JobspecError):
    """A configuration file of the user or of the machine cannot be trusted, or cannot be read."""

    code = "JS346"


class EndpointNotAllowed(CredentialsError):
    """Credentials may not be sent to the endpoint: only the project names it, or it is not encrypted."""

    code = "JS347"


class SecretError(JobspecError):
    """A secret reference names an environment variable or a file that does not exist."""

    code = "JS320"


class SecretNotAllowed(SecretError):
    """A project names a secret that neither the user nor the machine allows."""

    def __init__(self, message: str, *, help: str, code: str = "JS350") -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.code = code


class ListingIncomplete(JobspecError):
    """The platform's list could not be proven complete, so nothing may be planned from it."""

    code = "JS502"


class LocalPlatformError(JobspecError):
    """The folder of the local platform cannot be used."""

    code = "JS601"


class ServeRefused(JobspecError):
    """The local platform cannot be served: the port, the folder, or missing keys beyond loopback."""

    code = "JS602"


class JournalError(JobspecError):
    """An intent could not be recorded on disk, so it must not be carried out."""

    code = "JS603"


class StateFolderError(JobspecError):
    """The user's state folder cannot be used: it cannot be created, or other users can access it."""

    code = "JS605"


class PlatformError(JobspecError):
    """One action failed. Messages are shortened and contain no secret."""

    code = "JS510"

    def __init__(  # noqa: PLR0913 - data of one answer, all by keyword
        self,
        message: str,
        *,
        action: str,
        api_code: str = "",
        request_id: str = "",
        status: int | None = None,
        help: str = "",  # noqa: A002
    ) -> None:
        super().__init__(message, help=help)
        self.action = action
        self.api_code = api_code
        self.request_id = request_id
        self.status = status


class NotSent(PlatformError):
    """The connection could not be established, so the request was not executed."""

    code = "JS511"


class Throttled(PlatformError):
    """The API reported, in its own envelope, that it did not execute the request because of a rate limit."""

    code = "JS512"


class Unavailable(PlatformError):
    """5xx, a timeout or a broken connection after sending: whether it was executed is unknown."""

    code = "JS513"


class BadAnswer(PlatformError):
    """A response that is not the API's own: whether the request was executed is unknown."""

    code = "JS514"


class Refused(PlatformError):
    """A parsed API error below 500: the request was not executed and will not be."""

    code = "JS520"


class NotFound(Refused):
    """The task does not exist."""

    code = "JS521"


class NotInTerminalState(Refused):
    """The record of an active task cannot be deleted."""

    code = "JS522"


class Forbidden(Refused):
    """The key lacks the permission: often for another user's task, or for a queue it may not use."""

    code = "JS523"


class NotAuthenticated(Refused):
    """The signature, the key or the clock was not accepted."""

    code = "JS524"


class ServerUnproven(Refused):
    """The server did not prove that it holds the key of the user's local platform; nothing was sent."""

    code = "JS349"


class UnknownAction(Refused):
    """The platform does not know the action."""

    code = "JS525"
