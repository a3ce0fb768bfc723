"""The rules for fields that are sent as they are: frameworks, odd variables, storages, `extra`. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.payload.extra import Misplaced, misplaced, misplaced_in_item
from jobspec.manifest.payload.fields import LISTS
from jobspec.manifest.schema.limits import MAX_COMPARED
from jobspec.manifest.validate.places import key_place, place_at
from jobspec.manifest.values import FRAMEWORKS
from jobspec.manifest.yaml.tree import dotted
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from jobspec.manifest.yaml.tree import Node

    Values = Mapping[str, Any]

_KNOWN_FRAMEWORKS = frozenset(name.lower() for name in FRAMEWORKS)
_EXPORTED = re.compile(r"BASH_FUNC_.+(?:%%|\(\))")
"""The variable of a function that bash exported."""


def field_problems(spec: Values, document: Node) -> Iterator[Diagnostic]:
    """Yield the problems of the fields of a valid spec that the platform reads."""
    yield from _unknown_framework(spec, document)
    yield from _odd_variables(spec, document)
    for index, storage in enumerate(spec.get("storages") or ()):
        if storage["type"] != "Tos":
            yield from _storage_sources(storage, index, document)
    if spec.get("extra"):
        yield from _extra_problems(misplaced(spec["extra"]), spec["extra"], ("spec", "extra"), document)
    for wire, field in LISTS.items():
        for index, item in enumerate(spec.get(field) or ()):
            if item.get("extra"):
                path = ("spec", field, index, "extra")
                yield from _extra_problems(misplaced_in_item(wire, item), item["extra"], path, document)


def _unknown_framework(spec: Values, document: Node) -> Iterator[Diagnostic]:
    name = spec.get("framework")
    if name is None or name in FRAMEWORKS or name.lower() in _KNOWN_FRAMEWORKS:
        return
    close = get_close_matches(name[:MAX_COMPARED].lower(), sorted(_KNOWN_FRAMEWORKS), 1)
    meant = next((one for one in FRAMEWORKS if close and one.lower() == close[0]), "")
    known = f"known are {', '.join(map(quote, FRAMEWORKS))}"
    yield Diagnostic(
        "JS325",
        f"unknown framework {quote(name)}",
        place=place_at(document, "spec", "framework"),
        label="sent as it is",
        help=f"did you mean {quote(meant)}?" if meant else f"{known}; the platform decides about others",
        severity=Severity.WARNING,
    )


def _odd_variables(spec: Values, document: Node) -> Iterator[Diagnostic]:
    for name, value in (spec.get("env") or {}).items():
        is_plain = name.isascii() and name.isidentifier()
        if not is_plain and value is not None and not _EXPORTED.fullmatch(name):
            yield Diagnostic(
                "JS327",
                f"a shell cannot read the variable {quote(name)}",
                place=key_place(document, "spec", "env", name),
                label="not the name of a shell variable",
                help="use letters, digits and `_`, unless the program reads the variable itself",
                severity=Severity.WARNING,
            )


def _storage_sources(storage: Values, index: int, document: Node) -> Iterator[Diagnostic]:
    where, path = quote(storage["mountPath"]), ("spec", "storages", index)
    kind = storage["type"]
    if kind == "Vepfs" and storage.get("name") is not None and storage.get("vepfsId") is not None:
        yield Diagnostic(
            "JS303",
            f"storage {where} has both `name` and `vepfsId`",
            place=key_place(document, *path, "name"),
            label="only one is allowed",
            help="remove one of them",
        )
    needed = {"Nas": ("nasId", "nasAddr"), "Sfcs": ("fileSystemName", "bucket")}.get(kind, ())
    if needed and all(storage.get(key) is None for key in needed):
        example = {"Nas": "nasId: enas-…", "Sfcs": "bucket: NAME"}[kind]
        yield Diagnostic(
            "JS304",
            f"storage {where} has neither {' nor '.join(map(quote, needed))}",
            place=place_at(document, *path, "type"),
            label="one of the two is required",
            help=f"add `{example}`",
        )


def _extra_problems(
    found: Iterable[Misplaced], extra: Values, path: tuple[str | int, ...], document: Node
) -> Iterator[Diagnostic]:
    for one in found:
        yield _misplaced(one, path, document)
    for inside in _secret_references(extra, ()):
        yield Diagnostic(
            "JS328",
            f"a reference to a secret in {quote(dotted(path))}",
            place=key_place(document, *path, *inside),
            label="not resolved here",
            help="pass the secret in `spec.env`: the platform may show everything in `extra`",
        )


def _misplaced(one: Misplaced, path: tuple[str | int, ...], document: Node) -> Diagnostic:
    place, name = key_place(document, *path, *one.path), quote(one.path[-1])
    if not one.field:
        headline, label, advice = f"{name} in `extra` is set by the platform", "not accepted", "remove it"
    elif one.field.startswith("spec.extra."):
        spelling = quote(one.field.rpartition(".")[2])
        headline = f"{name} in `extra` differs from {spelling} only in spelling"
        label, advice = "would be sent beside it", f"write {spelling}"
    else:
        headline = f"{name} in `extra` has a name in a manifest"
        label, advice = f"use `{one.field}`", f"move it to `{one.field}`"
    return Diagnostic("JS326", headline, place=place, label=label, help=advice)


def _secret_references(value: object, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of each `secret` key with a map: it would be sent as it is written."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in items:
        if key == "secret" and isinstance(part, dict):
            yield (*path, key)
        else:
            yield from _secret_references(part, (*path, key))
