"""The exceptions of jobspec. Each carries data for the one place that words it, never a paragraph.

JobspecError
├── UsageError                 what was asked cannot be done as asked
├── ManifestError              carries the diagnostics of the manifests
├── GuardError                 a guard refused (exit 3)
├── ConfigurationError         a configuration file that cannot be trusted or read
├── CredentialsError           no key, or a key that cannot be used
│   └── EndpointNotAllowed     nobody outside the checkout lets credentials go there
├── SecretError                a secret reference that does not resolve
│   └── SecretNotAllowed       a project may not read this secret
├── ListingIncomplete          a listing could not be proven complete
├── LocalPlatformError         the local platform's folder cannot be used
├── ServeRefused               the local platform cannot be served as asked
├── JournalError               an intention cannot be noted, so it is not carried out
├── StateFolderError           the user's state folder cannot be used
└── PlatformError              what the platform, or the way to it, answered
    ├── NotSent                the connection never stood: nothing was executed
    ├── Throttled              429 in the API's own envelope: nothing was executed
    ├── Unavailable            5xx, a time-out or a broken connection: the outcome is unknown
    ├── BadAnswer              an answer that is not the API's: HTML, truncated, no Id
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
    """Whatever stops a command. `code` is a diagnostic code, `help` is one line with what to do."""

    code = "JS900"

    def __init__(self, message: str, *, help: str = "") -> None:  # noqa: A002 - the word of every diagnostic
        super().__init__(message)
        self.message = message
        self.help = help


class UsageError(JobspecError):
    """What was asked cannot be done as asked: an option, a name or a folder is wrong."""

    def __init__(self, message: str, *, help: str = "", code: str = "JS400") -> None:  # noqa: A002
        super().__init__(message, help=help)
        self.code = code


class ManifestError(JobspecError):
    """The manifests cannot be used as they are: `diagnostics` holds every problem, in order.

    `sources` are the texts of the files without secrets, for excerpts; `manifests` is how many there are.
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
    """Credentials may not go to the endpoint: only the project names it, or it has no encryption."""

    code = "JS347"


class SecretError(JobspecError):
    """A secret reference names an environment variable or a file that is not there."""

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
    """The local platform cannot be served as asked: the port, the folder, or no keys beyond loopback."""

    code = "JS602"


class JournalError(JobspecError):
    """An intention could not be noted on disk, so it must not be carried out."""

    code = "JS603"


class StateFolderError(JobspecError):
    """The state folder of the user cannot be used: it cannot be made, or is not the user's alone."""

    code = "JS605"


class PlatformError(JobspecError):
    """What the platform answered to one action. Messages are cut short and hold no secret."""

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
    """The connection never stood, so the request was not executed."""

    code = "JS511"


class Throttled(PlatformError):
    """The API said, in its own envelope, that it did not execute the request because of its rate."""

    code = "JS512"


class Unavailable(PlatformError):
    """5xx, a time-out or a broken connection after sending: whether it was executed is unknown."""

    code = "JS513"


class BadAnswer(PlatformError):
    """An answer that is not the API's own: whether the request was executed is unknown."""

    code = "JS514"


class Refused(PlatformError):
    """A parsed API error below 500: the request was not executed and will not be."""

    code = "JS520"


class NotFound(Refused):
    """There is no such task."""

    code = "JS521"


class NotInTerminalState(Refused):
    """A record was to be deleted while its task is active."""

    code = "JS522"


class Forbidden(Refused):
    """This key may not do this: often another user's task, or a queue it has no part in."""

    code = "JS523"


class NotAuthenticated(Refused):
    """The signature, the key or the clock was not accepted."""

    code = "JS524"


class ServerUnproven(Refused):
    """The server does not prove that it holds the key of the user's local platform; it was sent nothing."""

    code = "JS349"


class UnknownAction(Refused):
    """The platform does not know the action."""

    code = "JS525"
