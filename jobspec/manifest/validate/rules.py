"""The rules between the fields of a task, and between tasks. Pure. `shape.check` checks single fields."""

from __future__ import annotations

from collections import Counter
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeAlias

from jobspec.diagnostics import (
    MAX_PROBLEMS,
    Diagnostic,
    Place,
    Related,
    Severity,
)
from jobspec.manifest.schema.keyed_lists import KEYED_LISTS, REMOVE, identity
from jobspec.manifest.schema.limits import RESERVED_TAG
from jobspec.manifest.validate.dependencies import dependency_problems, reference_of
from jobspec.manifest.validate.places import key_place, place_at
from jobspec.manifest.validate.platform_fields import field_problems
from jobspec.manifest.yaml.tree import Mapping, Node
from jobspec.quoting import quote

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from collections.abc import Mapping as Map

    from jobspec.manifest.task import Task

Values: TypeAlias = "Map[str, Any]"
"""A valid document, or a part of it, as plain values."""
PLATFORM_ENV = "MLP_"
ALLOWED_PLATFORM_ENV = frozenset({"MLP_LOG_PATH"})
_KEYS_OF_LISTS = frozenset(
    {"spec.roles.name", "spec.storages.mountPath", *(f"spec.{field}.{REMOVE}" for field in KEYED_LISTS)}
)


@cache
def ignorable_fields() -> tuple[str, ...]:
    """Return the fields that `lifecycle.ignoreChanges` accepts, besides single variables."""
    from jobspec.manifest.schema.fields import all_fields  # noqa: PLC0415 - pydantic, for few tasks
    from jobspec.manifest.schema.task_model import TaskDocument  # noqa: PLC0415

    paths = (field.path for field in all_fields(TaskDocument) if field.path.startswith("spec."))
    return tuple(path for path in paths if "NAME" not in path and path not in _KEYS_OF_LISTS)


def task_problems(task: Values, document: Node) -> Iterator[Diagnostic]:
    """Yield the problems between the fields of one valid task; `document` is the tree of its values."""
    spec = task["spec"]
    yield from _one_place_to_run(spec, document)
    yield from item_problems(task, document)
    yield from field_problems(spec, document)
    yield from _repeated_items(task, document)
    yield from _doubtful_retry(task, document)
    yield from _needed_fields(spec, document)
    yield from _reserved_names(task, document)
    yield from islice(_ignored_fields(task, document), MAX_PROBLEMS + 1)
    yield from _own_previous_name(task, document)
    yield from dependency_problems(task, document)


def item_problems(layer: Values, document: Node) -> Iterator[Diagnostic]:
    """Yield the problems with the items of keyed lists in a valid layer, or in a task with its layers."""
    spec = layer.get("spec") or {}
    for field, key in KEYED_LISTS.items():
        items = spec.get(field)
        if items:
            yield from _repeated([str(item[key]) for item in items], document, field, key)
            yield from _doubtful_removals(items, document, field, key)


def _doubtful_removals(items: Sequence[Values], document: Node, field: str, key: str) -> Iterator[Diagnostic]:
    for index, item in enumerate(items):
        if item.get(REMOVE) is not None and len(item) > 2:
            yield Diagnostic(
                "JS372",
                f"an item of `spec.{field}` with `{REMOVE}` has other fields",
                place=key_place(document, "spec", field, index, REMOVE),
                label=f"removes the inherited item with this `{key}`",
                help=f"remove the other fields except `{key}`, or remove `{REMOVE}`",
            )


def _texts(task: Values, part: str, field: str) -> list[str]:
    """Return a list of texts in a part of a task; empty if it is not given."""
    found: list[str] = (task.get(part) or {}).get(field) or []
    return found


def _one_place_to_run(spec: Values, document: Node) -> Iterator[Diagnostic]:
    if spec.get("resourceGroup") is None or spec.get("resourceQueue") is None:
        return
    group = key_place(document, "spec", "resourceGroup")
    queue = key_place(document, "spec", "resourceQueue")
    if group.file == queue.file:
        advice, here, there = "remove one of them", max(group, queue), min(group, queue)
    else:
        own = "resourceGroup" if group.file == task_file(document) else "resourceQueue"
        other = "resourceQueue" if own == "resourceGroup" else "resourceGroup"
        advice = f"write `{other}: null` to drop the project's default"
        here, there = (group, queue) if own == "resourceGroup" else (queue, group)
    yield Diagnostic(
        "JS303",
        "`spec.resourceGroup` and `spec.resourceQueue` are both set",
        place=here,
        label="only one is allowed",
        help=advice,
        related=(Related(there, "the other is here"),),
    )


def task_file(document: Node) -> str:
    """Return the file of a task's document, regardless of what was merged under it."""
    return document.at.file


def _repeated(names: list[str], document: Node, field: str, key: str) -> Iterator[Diagnostic]:
    if len(names) < 2:
        return
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        same = identity(name) or name
        if same not in first:
            first[same] = index
            continue
        other = names[first[same]]
        same_text = f"duplicate {quote(f'{key}: {name}')} in `spec.{field}`"
        same_meaning = f"{quote(f'{key}: {name}')} means the same as {quote(other)} in `spec.{field}`"
        yield Diagnostic(
            "JS302",
            same_text if other == name else same_meaning,
            place=place_at(document, "spec", field, index, key),
            label="duplicate",
            help="remove one of them, or give them different values",
            related=(Related(place_at(document, "spec", field, first[same], key), "first defined here"),),
        )


def _repeated_items(task: Values, document: Node) -> Iterator[Diagnostic]:
    """Yield a warning for each duplicate in a list whose order and repetitions have no meaning."""
    lists: tuple[tuple[tuple[str, ...], Sequence[str]], ...] = (
        (("metadata", "tags"), _texts(task, "metadata", "tags")),
        (("metadata", "allowPlaintext"), _texts(task, "metadata", "allowPlaintext")),
        (("spec", "retry", "on"), _texts(task["spec"], "retry", "on")),
        (("lifecycle", "ignoreChanges"), _texts(task, "lifecycle", "ignoreChanges")),
        (("lifecycle", "previousNames"), _texts(task, "lifecycle", "previousNames")),
        (("lifecycle", "dependsOn"), list(map(reference_of, _texts(task, "lifecycle", "dependsOn")))),
        (("lifecycle", "rerunOn"), _texts(task, "lifecycle", "rerunOn")),
    )
    for path, items in lists:
        for index, item in enumerate(items):
            first = items.index(item) if len(items) <= MAX_PROBLEMS else index
            if first < index:
                yield Diagnostic(
                    "JS335",
                    f"duplicate item {quote(item)} in {quote('.'.join(path))}",
                    place=place_at(document, *path, index),
                    label="duplicate",
                    help="remove the duplicate",
                    severity=Severity.WARNING,
                    related=(Related(place_at(document, *path, first), "first defined here"),),
                )


def _doubtful_retry(task: Values, document: Node) -> Iterator[Diagnostic]:
    """Yield warnings about retry by the platform: it has no effect, or jobspec retries, too."""
    retry = task["spec"].get("retry")
    policy = (task.get("lifecycle") or {}).get("restartPolicy") or "Never"
    if retry is None or retry.get("enabled") is False:
        return
    place = key_place(document, "spec", "retry")
    if not retry.get("on"):
        yield Diagnostic(
            "JS333",
            "`spec.retry` has no `on`, so nothing is retried",
            place=place,
            label="no reason to retry",
            help="add `on: [Failed]`, or remove `retry`",
            severity=Severity.WARNING,
        )
    elif policy != "Never":
        yield Diagnostic(
            "JS334",
            f"`spec.retry` and `lifecycle.restartPolicy: {policy}` both start a failed run again",
            place=place,
            label="retry by the platform",
            help="keep one of them: remove `retry`, or set `restartPolicy: Never`",
            severity=Severity.WARNING,
            related=(Related(place_at(document, "lifecycle", "restartPolicy"), "retry by jobspec is here"),),
        )


def _needed_fields(spec: Values, document: Node) -> Iterator[Diagnostic]:
    code = spec.get("code")
    if code is not None and code.get("source") and not code.get("originPath"):
        yield Diagnostic(
            "JS304",
            "`spec.code.source` requires `spec.code.originPath`",
            place=key_place(document, "spec", "code", "source"),
            label="`originPath` is missing",
            help="add `originPath: /home/me/train`",
        )


def _reserved_names(task: Values, document: Node) -> Iterator[Diagnostic]:
    for index, tag in enumerate(_texts(task, "metadata", "tags")):
        if tag.startswith(RESERVED_TAG):
            yield Diagnostic(
                "JS308",
                f"the tag {quote(tag)} starts with `{RESERVED_TAG}`",
                place=place_at(document, "metadata", "tags", index),
                label="reserved prefix",
                help="choose another tag",
            )
    for name, value in (task["spec"].get("env") or {}).items():
        if value is not None and name.startswith(PLATFORM_ENV) and name not in ALLOWED_PLATFORM_ENV:
            yield Diagnostic(
                "JS312",
                f"{quote(f'spec.env.{name}')} is a reserved variable",
                place=key_place(document, "spec", "env", name),
                label=f"`{PLATFORM_ENV}` is reserved for the platform",
                help="choose another name",
                severity=Severity.WARNING,
            )


def _ignored_fields(task: Values, document: Node) -> Iterator[Diagnostic]:
    for index, path in enumerate(_texts(task, "lifecycle", "ignoreChanges")):
        if path in ignorable_fields() or path.startswith(("spec.env.", "spec.extra.")):
            continue
        from jobspec.manifest.validate.shape import closest  # noqa: PLC0415 - pydantic, only to explain

        close = closest(path, ignorable_fields())
        yield Diagnostic(
            "JS313",
            f"{quote(path)} is not a field of a task's spec",
            place=place_at(document, "lifecycle", "ignoreChanges", index),
            label="no such field",
            help=f"did you mean {quote(close)}?"
            if close
            else "use a path such as `spec.args` or `spec.env.LR`",
        )


def _own_previous_name(task: Values, document: Node) -> Iterator[Diagnostic]:
    for index, name in enumerate(_texts(task, "lifecycle", "previousNames")):
        if name == task["metadata"]["name"]:
            yield Diagnostic(
                "JS314",
                f"{quote(name)} is both the name and a previous name of the task",
                place=place_at(document, "lifecycle", "previousNames", index),
                label="current name",
                help="remove the name from `previousNames`",
            )


def between_tasks(tasks: Iterable[tuple[Task, Node]]) -> Iterator[Diagnostic]:
    """Yield the conflicts between tasks: a name declared twice, a previous name that is still in use."""
    pairs = list(tasks)
    counts = Counter(task.name for task, _ in pairs)
    if len(counts) == len(pairs) and not any(task.lifecycle.previous_names for task, _ in pairs):
        return
    ordered = sorted(pairs, key=lambda pair: pair[0].place)
    first: dict[str, Task] = {}
    for task, _ in ordered:
        if task.name in first:
            yield _same_name(task, first[task.name])
        first.setdefault(task.name, task)
    claimed: dict[str, tuple[Task, Place]] = {}
    for task, document in ordered:
        for index, name in enumerate(task.lifecycle.previous_names):
            place = place_at(document, "lifecycle", "previousNames", index)
            if name in first and name != task.name:
                yield _previous_name(name, place, "is declared as another task", first[name].place)
            elif name in claimed and claimed[name][0].name != task.name:
                yield _previous_name(name, place, "is claimed by two tasks", claimed[name][1])
            claimed.setdefault(name, (task, place))


def _same_name(task: Task, first: Task) -> Diagnostic:
    return Diagnostic(
        "JS301",
        f"the task {quote(task.name)} is declared twice",
        place=task.place,
        label="duplicate",
        help="rename one of the two",
        related=(Related(first.place, "first defined here"),),
    )


def _previous_name(name: str, place: Place, trouble: str, other: Place) -> Diagnostic:
    return Diagnostic(
        "JS314",
        f"the previous name {quote(name)} {trouble}",
        place=place,
        label="a run can belong to one task only",
        help="remove the name from `previousNames`",
        related=(Related(other, "the other is here"),),
    )


def unused_permissions(allowed: list[str], used: set[str], document: Node) -> Iterator[Diagnostic]:
    """Yield a warning for each unused entry of `allowPlaintext`."""
    if not isinstance(document, Mapping):
        return
    for index, path in enumerate(allowed):
        if path not in used:
            yield Diagnostic(
                "JS311",
                f"{quote(path)} contains nothing that looks like a credential",
                place=place_at(document, "metadata", "allowPlaintext", index),
                label="unused entry",
                help="remove the entry",
                severity=Severity.WARNING,
            )
