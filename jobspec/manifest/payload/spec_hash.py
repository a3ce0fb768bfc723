"""The spec hash: a fingerprint of everything that defines a run, and of nothing else.

It must not change between releases, because runs are recognised by it; golden tests pin it. It is computed
from the payload's normal form, so that specs with the same meaning have the same hash.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from jobspec.manifest.payload.fields import without_fields
from jobspec.manifest.payload.normal_form import normal, with_image_type
from jobspec.manifest.values import NameRef, SecretRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jobspec.manifest.values import Lifecycle

_VERSION = "1"
_LABELS = frozenset({"Name", "Description", "Tags"})


class Hashes(Protocol):
    """The hashes that a run carries in its tags."""

    @property
    def spec(self) -> str:
        """The spec hash of the run."""

    @property
    def core(self) -> str:
        """The same without the ignored fields; empty if none was ignored."""


class Fingerprint(Struct, frozen=True):
    """The hashes that recognise the runs of one spec; new runs get the first.

    Releases before 0.2 hashed the payload as declared, and composed some payloads in another way; a run with
    such a hash matches as well.
    """

    specs: tuple[str, ...]
    cores: tuple[str, ...] = ()

    @property
    def spec(self) -> str:
        """The spec hash: the version, then 16 hex digits."""
        return self.specs[0]

    @property
    def core(self) -> str:
        """The hash without the fields of `ignoreChanges`; empty if no field is ignored."""
        return self.cores[0] if self.cores else ""

    def matches(self, hashes: Hashes) -> bool:
        """Return whether a run with these hashes runs the spec, ignored fields aside."""
        return hashes.spec in self.specs or hashes.core in self.cores


def fingerprint(
    body: Mapping[str, object], lifecycle: Lifecycle, earlier: Mapping[str, object] | None = None
) -> Fingerprint:
    """Return the fingerprint that recognises runs of a create payload, and of its `earlier` composition."""
    ignored, rerun = lifecycle.ignore_changes, lifecycle.rerun
    bodies = (body,) if earlier is None else (body, earlier)
    cores = (
        [one for each in bodies for one in hashes(without_fields(each, ignored), rerun)] if ignored else []
    )
    specs = [one for each in bodies for one in hashes(each, rerun)]
    return Fingerprint(tuple(dict.fromkeys(specs)), tuple(dict.fromkeys(cores)))


def hashes(body: Mapping[str, object], rerun: str) -> tuple[str, ...]:
    """Return the hash of a payload's normal form and, if different, of the payload as declared."""
    form, declared = normal(body), with_image_type(body)
    forms = (form,) if form == declared else (form, declared)
    return tuple(_digest_of(one, rerun) for one in forms)


def is_hash_of(spec_hash: str, body: Mapping[str, object], rerun: str) -> bool:
    """Return whether a payload has the spec hash; one with numbers that JSON cannot hold has none."""
    try:
        return spec_hash in hashes(body, rerun)
    except ValueError:
        return False


def _digest_of(body: Mapping[str, object], rerun: str) -> str:
    definition = {key: value for key, value in body.items() if key not in _LABELS}
    if rerun:
        definition["rerun"] = rerun
    return _VERSION + digest(definition)


def digest(value: object) -> str:
    """Return 16 hex digits of the SHA-256 of a value's canonical JSON."""
    return hashlib.sha256(canonical_json(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def canonical_json(value: object) -> str:
    """Return JSON with sorted keys and no insignificant space; secrets appear as their references."""
    return _ENCODER.encode(value)


def _reference(value: object) -> object:
    if isinstance(value, (SecretRef, NameRef)):
        return value.reference
    raise TypeError(f"a payload cannot contain a {type(value).__name__}")


_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_reference
)
