"""Names in place of ids: a task with its names looked up, and the problems of names that cannot be. Pure.

A name is exact, and refers to one id or to none. The spec hash of a task contains the id alone, so a queue
that is renamed changes no run.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from jobspec.manifest.payload.create import compared
from jobspec.manifest.payload.spec_hash import fingerprint
from jobspec.manifest.values import NameRef
from jobspec.quoting import quote
from jobspec.redaction.answers import foreign_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jobspec.diagnostics import Place
    from jobspec.manifest.task import Task, TaskOrigin

KINDS = {"queue": "resource queue", "vepfs": "vePFS file system"}
_MOST_LISTED = 5
Named: TypeAlias = tuple[str, str]
"""The name of a thing, and its id."""


class NameProblem(Struct, frozen=True):
    """Why a name has no id: the code, the message and the help line of its diagnostic."""

    code: str
    message: str
    help: str


class NamedOrigin(Struct, frozen=True):
    """The origin of a task after its names were looked up. `ids` maps each name to its id."""

    origin: TaskOrigin
    ids: Mapping[NameRef, str]

    @property
    def file(self) -> str:
        """The name of the manifest file."""
        return self.origin.file

    @property
    def payload(self) -> Mapping[str, Any]:
        """The create payload of a new run, without tags and with ids."""
        payload: Mapping[str, Any] = _with_ids(self.origin.payload, self.ids)
        return payload

    @property
    def place(self) -> Place:
        """The place of the task's name."""
        return self.origin.place

    @property
    def secret_places(self) -> Mapping[str, Place]:
        """The place of each reference to a secret, by the reference's text."""
        return self.origin.secret_places

    @property
    def name_places(self) -> Mapping[str, Place]:
        """The place of each name that was looked up, by the reference's text."""
        return self.origin.name_places

    @property
    def dependency_places(self) -> Mapping[str, Place]:
        """The place of each entry of `dependsOn`, by the task or set that it names."""
        return self.origin.dependency_places


def with_ids(task: Task, ids: Mapping[NameRef, str]) -> Task:
    """Return the task with each of its names replaced by the id, and with its final fingerprint.

    Raises `KeyError` for a name that `ids` lacks.
    """
    named = task.origin.payload if task.named_payload is None else task.named_payload
    payload = _with_ids(named, ids)
    earlier = None if task.earlier is None else _with_ids(task.earlier, ids)
    return replace(
        task,
        fingerprint=fingerprint(payload, task.lifecycle, earlier),
        compared=compared(payload),
        names=(),
        named_payload=None,
        earlier=earlier,
        origin=NamedOrigin(task.origin, {ref: ids[ref] for ref in task.names}),
    )


def _with_ids(node: Any, ids: Mapping[NameRef, str]) -> Any:
    if isinstance(node, NameRef):
        return ids[node]
    if isinstance(node, Mapping):
        return {key: _with_ids(value, ids) for key, value in node.items()}
    return [_with_ids(value, ids) for value in node] if isinstance(node, list) else node


def queue_names(task: Task) -> frozenset[str]:
    """Return what the task's queue is called: its id or group, and the name in the manifest."""
    queue = task.payload.get("ResourceQueueId") or task.payload.get("ResourceGroupId")
    known = {queue.name if isinstance(queue, NameRef) else str(queue)}
    if isinstance(task.origin, NamedOrigin):
        known |= {ref.name for ref in task.origin.ids if ref.kind == "queue"}
    return frozenset(known)


UNKNOWN_NAME = "JS440"


def id_of(ref: NameRef, things: Iterable[Named], where: str = "") -> str | NameProblem:
    """Return the only id that a name has among the things; `where` says which things these are."""
    known = list(things)
    ids = sorted({one for name, one in known if name == ref.name})
    if len(ids) == 1:
        return ids[0]
    kind = KINDS[ref.kind]
    if ids:
        return NameProblem(
            "JS441",
            f"{len(ids)} {kind}s{where} have the name {quote(ref.name)}",
            f"write the id of the one to use instead: {_listed(ids)}",
        )
    return NameProblem(
        UNKNOWN_NAME, f"no {kind}{where} has the name {quote(ref.name)}", _suggestion(ref, known)
    )


def _suggestion(ref: NameRef, known: Iterable[Named]) -> str:
    names = sorted({foreign_line(name) for name, _ in known if name})
    if not names:
        return f"this key sees none with a name; {_write_id(ref)}"
    close = get_close_matches(foreign_line(ref.name), names, n=1)
    listed = f"the names are: {_listed(names)}"
    return f"did you mean {quote(close[0])}? {listed}" if close else f"correct the name; {listed}"


def _listed(texts: Iterable[str]) -> str:
    every = list(texts)
    more = f" and {len(every) - _MOST_LISTED} more" if len(every) > _MOST_LISTED else ""
    return ", ".join(quote(foreign_line(one)) for one in every[:_MOST_LISTED]) + more


def not_offered(ref: NameRef, why: str) -> NameProblem:
    """Return the problem of a name that this platform, or this key, cannot look up."""
    message = f"the {KINDS[ref.kind]} {quote(ref.name)} cannot be looked up: {why}"
    return NameProblem("JS442", message, _write_id(ref))


def _write_id(ref: NameRef) -> str:
    return "write its id: " + ("`resourceQueue: q-…`" if ref.kind == "queue" else "`vepfsId: vepfs-…`")
