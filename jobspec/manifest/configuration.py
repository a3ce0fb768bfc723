"""Convert the text of a configuration file to settings or diagnostics. Pure.

`jobspec.config` decides where the files are and whether they can be trusted.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from msgspec.structs import replace
from pydantic import Field

from jobspec.cluster import Flavor
from jobspec.config.settings import FileSettings, NotifySettings
from jobspec.diagnostics import Diagnostic
from jobspec.manifest.schema.project_limits import FlavorModel
from jobspec.manifest.schema.scalars import ListOf, Model, Word
from jobspec.manifest.validate.shape import check
from jobspec.manifest.yaml.tree import (
    Mapping,
    Node,
    Scalar,
    Sequence,
)
from jobspec.quoting import quote, with_quotes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobspec.manifest.yaml.source import Source

_FORMS = {
    "allowedEndpoints": (r"^https?://[^\s/@?#\\]+/?$", "an address, as `https://host.example.com:8443`"),
    "allowedSecrets": (r"^[A-Za-z_*?][A-Za-z0-9_*?]*$", "the name of a variable, as `HF_TOKEN` or `WANDB_*`"),
    "allowedEnv": (r"^[A-Za-z_*?][A-Za-z0-9_*?]*$", "the name of a variable, as `RUN_NAME` or `DATA_*`"),
    "secretFolders": (r"^~?/.+$", "an absolute folder, as `/run/secrets` or `~/secrets`"),
}
"""The form of the entries of each list, as a pattern and in words; pydantic's wording is for manifests."""
_WEBHOOK = "https://open.feishu.cn/open-apis/bot/v2/hook/0000"
_ONLY_A_HOST = re.compile(r"https?://[A-Za-z0-9.:-]+/?(?=[\]\s]|\Z)")


def _written_as(key: str) -> Any:
    return Field(json_schema_extra={"pattern": _FORMS[key][0]})


Endpoint = Annotated[str, _written_as("allowedEndpoints")]
SecretPattern = Annotated[str, _written_as("allowedSecrets")]
VariablePattern = Annotated[str, _written_as("allowedEnv")]
Folder = Annotated[str, _written_as("secretFolders")]


class NotifyModel(Model):
    """Where `jobspec drift` sends its notifications."""

    noun: ClassVar[str] = "configuration"

    # No pattern: a diagnostic about an invalid address would quote it, and it is a secret.
    url: str = Field(
        min_length=1,
        description="Address of the webhook. The host decides the service, or `slack+`, `feishu+`, "
        "`dingtalk+`, `wecom+` or `json+` before the address.",
        examples=[_WEBHOOK],
    )
    secret: str | None = Field(
        default=None,
        min_length=1,
        description="Key of the signatures, for Feishu, DingTalk and plain JSON; none by default.",
        examples=["SEC0000"],
    )


class ConfigurationDocument(Model):
    """Settings that a project cannot make: `~/.config/jobspec/config.yaml` or `/etc/jobspec/config.yaml`."""

    noun: ClassVar[str] = "configuration"

    allowed_endpoints: Annotated[tuple[Endpoint, ...] | None, ListOf] = Field(
        default=None,
        description="Addresses, besides the vendor's own, to which credentials may be sent; none by default.",
        examples=[["https://ml-gateway.example.com"]],
    )
    allowed_secrets: Annotated[tuple[SecretPattern, ...] | None, ListOf] = Field(
        default=None,
        description="Names of environment variables that a task may read as secrets; `*` and `?` are "
        "wildcards. By default, all except keys of this machine and its CI system.",
        examples=[["HF_TOKEN", "WANDB_*"]],
    )
    allowed_env: Annotated[tuple[VariablePattern, ...] | None, ListOf] = Field(
        default=None,
        description="Names of environment variables that the expressions of a project may insert, if its "
        "`allowEnv` lists them, too; `*` and `?` are wildcards. By default, all that the project lists.",
        examples=[["RUN_NAME", "DATA_*"]],
    )
    secret_folders: Annotated[tuple[Folder, ...] | None, ListOf] = Field(
        default=None,
        description="Folders outside the project that may contain secret files; none by default.",
        examples=[["/run/secrets", "~/secrets"]],
    )
    notify: NotifyModel | None = Field(
        default=None,
        description="Where `jobspec drift` sends its notifications; nowhere by default.",
        examples=[{"url": _WEBHOOK}],
    )
    flavors: dict[Word, FlavorModel] | None = Field(
        default=None,
        max_length=1000,
        description="GPUs of flavors that neither the platform nor the project describes; none by default.",
        examples=[{"ml.pni2.28xlarge": {"gpus": 8, "gpuType": "A100-80G"}}],
    )


def read_settings(source: Source, home: str) -> tuple[FileSettings, tuple[Diagnostic, ...]]:
    """Return the settings of a file and its problems: with any problem, none of its settings may be used.

    No problem quotes the address of a webhook, wherever in the file it is: it is a secret.
    """
    settings, problems = _read(source, home)
    return settings, tuple(map(_concealed, problems))


def _concealed(problem: Diagnostic) -> Diagnostic:
    """Return the problem without addresses; its help keeps our example and bare hosts."""
    return replace(
        problem,
        message=with_quotes(problem.message, _without_address),
        label=with_quotes(problem.label, _without_address),
        help=with_quotes(problem.help, _without_webhook),
        related=tuple(
            replace(one, label=with_quotes(one.label, _without_address)) for one in problem.related
        ),
    )


def _without_address(text: str) -> str:
    return "…" if "://" in text else text


def _without_webhook(text: str) -> str:
    return "…" if "://" in _ONLY_A_HOST.sub("", text.replace(_WEBHOOK, "")) else text


def _read(source: Source, home: str) -> tuple[FileSettings, tuple[Diagnostic, ...]]:
    nothing = FileSettings(source.file)
    documents = [one for one in source.documents if not (isinstance(one, Scalar) and one.is_absent)]
    if source.diagnostics or not documents:
        return nothing, source.diagnostics
    document = documents[0]
    problems = (*_misplaced(documents[1:]), *_problems(document))
    if problems or not isinstance(document, Mapping):
        return nothing, problems
    model, _, misshapen = check(ConfigurationDocument, document)
    if model is None:
        return nothing, misshapen
    folders = model.secret_folders
    return FileSettings(
        source.file,
        model.allowed_endpoints,
        model.allowed_secrets,
        None if folders is None else tuple(_expanded(folder, home) for folder in folders),
        model.allowed_env,
        NotifySettings(model.notify.url, model.notify.secret or "") if model.notify else None,
        tuple(
            Flavor(name, gpus=one.gpus, gpu_type=one.gpu_type or "")
            for name, one in (model.flavors or {}).items()
        ),
    ), ()


def _expanded(folder: str, home: str) -> str:
    return f"{home}/{folder.removeprefix('~/')}" if folder.startswith("~/") else folder


def _misplaced(others: list[Node]) -> Iterator[Diagnostic]:
    for other in others:
        yield Diagnostic(
            "JS345",
            "a configuration file must contain a single document",
            other.at.place,
            "a second document",
            "move its keys into the first document",
        )


def _problems(document: Node) -> Iterator[Diagnostic]:
    if not isinstance(document, Mapping):
        yield Diagnostic(
            "JS345",
            "the configuration is not a map",
            document.at.place,
            "expected keys and values",
            "write `allowedSecrets: [HF_TOKEN]`, for example",
        )
        return
    for name, (key, value) in document.entries.items():
        if isinstance(value, Scalar) and value.is_absent:  # elsewhere null means "not given", which allows
            yield Diagnostic(
                "JS345",
                f"{quote(name)} has no value",
                key.at.place,
                "the value is missing",
                "write `[]` to allow none, or remove the key" if name in _FORMS else "remove the key",
            )
        if name in _FORMS and isinstance(value, Sequence):
            yield from _malformed(name, value)


def _malformed(name: str, entries: Sequence) -> Iterator[Diagnostic]:
    pattern, words = _FORMS[name]
    for entry in entries.items:
        if isinstance(entry, Scalar) and isinstance(entry.value, str) and not re.search(pattern, entry.text):
            yield Diagnostic(
                "JS345",
                f"invalid entry in {quote(name)}",
                entry.at.place,
                "not in the required format",
                f"write {words}",
            )
