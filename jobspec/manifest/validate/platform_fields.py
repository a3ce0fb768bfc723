"""The rules for fields that are sent as they are: frameworks, odd variables, storages, `extra`. Pure."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from jobspec.diagnostics import Diagnostic, Severity
from jobspec.manifest.payload.extra import shadowed, shadowed_in_item
from jobspec.manifest.schema.limits import MAX_COMPARED
from jobspec.manifest.validate.places import key_place, place_at
from jobspec.manifest.values import FRAMEWORKS
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jobspec.manifest.yaml.tree import Node

    Values = Mapping[str, Any]

_KNOWN_FRAMEWORKS = frozenset(name.lower() for name in FRAMEWORKS)
_EXPORTED = re.compile(r"BASH_FUNC_.+(?:%%|\(\))")
"""The variable of a function that bash exported."""
_LISTS = {
    "roles": "TaskRoleSpecs",
    "storages": "Storages",
    "diagnostics": "DiagOptions",
    "services": "CustomServices",
}


def field_problems(spec: Values, document: Node) -> Iterator[Diagnostic]:
    """Yield the problems of the fields of a valid spec that the platform reads."""
    yield from _unknown_framework(spec, document)
    yield from _odd_variables(spec, document)
    for index, storage in enumerate(spec.get("storages") or ()):
        if storage["type"] != "Tos":
            yield from _storage_sources(storage, index, document)
    if spec.get("extra"):
        yield from _shadowing_fields(spec["extra"], document)
    for field, wire in _LISTS.items():
        for index, item in enumerate(spec.get(field) or ()):
            if item.get("extra"):
                yield from _shadowing_keys(wire, item, ("spec", field, index, "extra"), document)


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


def _shadowing_fields(extra: Values, document: Node) -> Iterator[Diagnostic]:
    for path, name in shadowed(extra):
        yield _shadowing((*("spec", "extra"), *path), name, document)


def _shadowing_keys(
    wire: str, item: Values, path: tuple[str | int, ...], document: Node
) -> Iterator[Diagnostic]:
    for key, name in shadowed_in_item(wire, item):
        yield _shadowing((*path, key), name, document)


def _shadowing(path: tuple[str | int, ...], name: str, document: Node) -> Diagnostic:
    return Diagnostic(
        "JS326",
        f"{quote(path[-1])} in `extra` has a name in a manifest",
        place=key_place(document, *path),
        label=f"use `{name}`",
        help=f"move it to `{name}`",
    )
