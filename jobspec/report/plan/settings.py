"""The settings of a new run that differ from their defaults, beside its image, command and roles. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jobspec.manifest.payload.fields import manifest_fields
from jobspec.manifest.payload.normal_form import normal
from jobspec.manifest.values import SecretRef
from jobspec.redaction.masking import Mask
from jobspec.redaction.names import may_be_secretive
from jobspec.redaction.records import mask_field
from jobspec.report.plan.view import SettingView

if TYPE_CHECKING:
    from collections.abc import Mapping

_SHOWN = re.compile(
    r"metadata\..*|spec\.(?:image|entrypoint|args|resourceQueue|resourceGroup|activeDeadline)(?:\..*)?"
    r"|spec\.storageCredential\..*|spec\.roles\[.*\]\.(?:replicas|flavor|resources\..*)"
)
"""Fields that a plan shows in another place."""
_DEFAULTS: Mapping[str, object] = {
    "spec.framework": "Custom",
    "spec.cacheType": "Cloudfs",
    "spec.code.source": "",
    "spec.tensorboard.enabled": False,
}
_HIDDEN = "(hidden)"
_NOTHING = Mask.of(())


def settings_of(payload: Mapping[str, Any]) -> tuple[SettingView, ...]:
    """Return the settings of a payload by the names of their fields; secrets are listed elsewhere."""
    private = {f"spec.env.{one['Name']}" for one in payload["Envs"] if one.get("IsPrivate")}
    return tuple(
        SettingView(field=field, value=_shown(field, value, private))
        for field, value in sorted(manifest_fields(normal(payload)).items())
        if not (_SHOWN.fullmatch(field) or isinstance(value, SecretRef) or _is_default(field, value))
    )


def _is_default(field: str, value: object) -> bool:
    if field.startswith("spec.storages[") and field.endswith("].readOnly"):
        return value is False
    return field in _DEFAULTS and value == _DEFAULTS[field]


def _shown(field: str, value: object, private: set[str]) -> object:
    is_hidden = field in private or (isinstance(value, str) and may_be_secretive(field.rpartition(".")[2]))
    return _HIDDEN if is_hidden else mask_field(value, _NOTHING)
