"""Runs that carry the hash of one spec but run another: anyone in the account can copy tags.

Only the image, the command and the roles are compared, as far as the platform echoes them in the form in
which they were sent. A run that a person adopted in spite of its differences is exempt, by a tag that is
valid only for its id.
"""

from __future__ import annotations

import hashlib
from math import isfinite
from typing import TYPE_CHECKING

from msgspec.structs import replace

from jobspec.manifest.payload.create import COMPARED
from jobspec.manifest.payload.fields import CLAIM, is_ignored, manifest_field
from jobspec.reconcile.intentions import run_id
from jobspec.reconcile.tags import Inconsistent, Marks

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jobspec.reconcile.declared import Declared
    from jobspec.reconcile.planning.plan import Submit
    from jobspec.reconcile.runs import Run

_ENTRYPOINT, _ARGS, _ROLES = "spec.entrypoint", "spec.args", "spec.roles"
_IMAGES = {"Id": "spec.image", "Url": "spec.image.url"}


def describe(fields: Iterable[str]) -> str:
    """Return the detail text for a run that differs in these fields; it follows the run's id."""
    return f"the tags of the declared spec, but a different {', '.join(f'`{field}`' for field in fields)}"


def judge_all(
    known: Mapping[str, Declared], observed: Mapping[str, tuple[Run, ...]]
) -> dict[str, tuple[Run, ...]]:
    """Return the runs by task, with the contradicting ones marked.

    The runs of a task that no manifest declares are compared with each task it may have been renamed to.
    """
    by_hash = {value: item for item in known.values() for value in _hashes(item)}
    ignoring = [item for item in known.values() if _may_take_over(item, observed)]
    judged_by_task = dict(observed)
    for name, runs in observed.items():
        items = [known[name]] if name in known else [*_carried(by_hash, runs), *ignoring]
        for item in items:
            judged_by_task[name] = judged(item, judged_by_task[name])
    return judged_by_task


def _may_take_over(item: Declared, observed: Mapping[str, tuple[Run, ...]]) -> bool:
    """Return whether the task may take over runs of another task that carry none of its hashes."""
    lifecycle = item.task.lifecycle
    return bool(lifecycle.ignore_changes) and (item.name not in observed or bool(lifecycle.previous_names))


def _hashes(item: Declared) -> tuple[str, ...]:
    return (*item.fingerprint.specs, *item.fingerprint.cores)


def _carried(by_hash: Mapping[str, Declared], runs: Iterable[Run]) -> list[Declared]:
    """Return the declared specs whose hash at least one run carries."""
    marks = [run.marks for run in runs if isinstance(run.marks, Marks)]
    found = (by_hash.get(value) for one in marks for value in (one.spec, one.core))
    return [item for item in found if item is not None]


def judged(declared: Declared, runs: Iterable[Run]) -> tuple[Run, ...]:
    """Return the runs of a task; those that contradict their own tags get `Inconsistent` marks."""
    return tuple(_judged(declared, run) for run in runs)


def _judged(declared: Declared, run: Run) -> Run:
    found = of_declared(declared, run)
    if not found or not isinstance(run.marks, Marks):
        return run
    marks = run.marks
    return replace(
        run, marks=Inconsistent(describe(found), frozenset({marks.scope}), frozenset({marks.task}), found)
    )


def of_declared(declared: Declared, run: Run) -> tuple[str, ...]:
    """Return the spec fields that a run with the hash of the declared spec echoes with another value."""
    if not isinstance(run.marks, Marks):
        return ()
    # The comparison comes first because it is cheaper than the hashes.
    ignored = declared.task.lifecycle.ignore_changes
    found = fields(declared.task.compared, run, ignored)
    if not found or not declared.matches(run) or was_adopted(declared, run, run.marks):
        return ()
    earlier = declared.task.earlier
    if earlier is not None and declared.is_matched_earlier(run):
        return fields(earlier, run, ignored)
    return found


def of_submit(step: Submit, run: Run) -> tuple[str, ...]:
    """Return the spec fields that a run with the hash of this submit echoes with another value."""
    marks = run.marks
    if not isinstance(marks, Marks) or is_bound(run.id, marks) or not step.fingerprint.matches(marks):
        return ()
    return fields(step.payload, run, step.ignored)


def was_adopted(declared: Declared, run: Run, marks: Marks) -> bool:
    """Return whether a person adopted this run.

    Releases without the adoption tag recorded its id only in the run id.
    """
    if is_bound(run.id, marks):
        return True
    scope = str(declared.task.scope)
    return any(
        marks.run == run_id(scope, name, marks.spec, ("adopted", run.id))
        for name in {declared.task.name, run.name}
    )


def is_bound(run: str, marks: Marks) -> bool:
    """Return whether the adoption tag was written for this run id and this spec."""
    return marks.adopted == adopted(run, marks.spec)


def adopted(run: str, spec: str) -> str:
    """Return the value of the tag that exempts one run from the comparison with the spec it counts for."""
    return hashlib.sha256(f"{run}\n{spec}".encode("utf-8", "surrogatepass")).hexdigest()[:16]


def fields(payload: Mapping[str, object], run: Run, ignored: Collection[str] = ()) -> tuple[str, ...]:
    """Return the fields of image, command and roles whose echoed value differs from the payload."""
    echoed = run.echoed(COMPARED)
    if all(payload.get(key) == echoed.get(key) for key in COMPARED):
        return ()
    found = (*_image(payload, echoed), *_command(payload, echoed, ignored), *_roles(payload, echoed))
    return tuple(sorted({field for field in found if not is_ignored(field, ignored)}))


def _image(payload: Mapping[str, object], echoed: Mapping[str, object]) -> Iterator[str]:
    """Skip an image echoed in another form: one sent by its id may come back as a URL."""
    ours, live = payload.get("ImageSpec"), echoed.get("ImageSpec")
    if isinstance(ours, dict) and isinstance(live, dict):
        yield from (field for key, field in _IMAGES.items() if _differ(ours.get(key), live.get(key)))


def _command(
    payload: Mapping[str, object], echoed: Mapping[str, object], ignored: Collection[str]
) -> Iterator[str]:
    """Compare the joined text: the platform runs the entrypoint, a space and the arguments."""
    ours, live = _text(payload.get("EntrypointPath")), _text(echoed.get("EntrypointPath"))
    our_args, args = _text(payload.get("Args")) or "", _text(echoed.get("Args"))
    is_whole = not (is_ignored(_ENTRYPOINT, ignored) or is_ignored(_ARGS, ignored))
    if is_whole and ours and live and f"{live} {args or ''}".strip() == f"{ours} {our_args}".strip():
        return
    if _differ(ours, live):
        yield _ENTRYPOINT
    if args is not None and args != our_args:
        yield _ARGS


def _roles(payload: Mapping[str, object], echoed: Mapping[str, object]) -> Iterator[str]:
    ours, live = _by_name(payload.get("TaskRoleSpecs")), _by_name(echoed.get("TaskRoleSpecs"))
    if not live:
        return
    for name in ours.keys() | live.keys():
        if name not in ours or name not in live:
            yield f"{_ROLES}[{name}]"
            continue
        if _count(live[name]) not in {None, _count(ours[name])}:
            yield f"{_ROLES}[{name}].replicas"
        if _differ(ours[name].get("ResourceSpecId"), live[name].get("ResourceSpecId")):
            yield f"{_ROLES}[{name}].flavor"
        for key in _unequal_claims(ours[name].get(CLAIM), live[name].get(CLAIM)):
            yield manifest_field(f"TaskRoleSpecs[{name}].{CLAIM}.{key}")


def _unequal_claims(ours: object, live: object) -> list[str]:
    """Return the resources that both roles claim, but not the same amount of."""
    if not isinstance(ours, dict) or not isinstance(live, dict):
        return []
    return [key for key in sorted(ours.keys() & live.keys()) if live[key] not in (None, "", ours[key])]


def _by_name(roles: object) -> dict[str, Mapping[str, object]]:
    found = [role for role in roles if isinstance(role, dict)] if isinstance(roles, list) else []
    return {str(role["RoleName"]): role for role in found if role.get("RoleName")}


def _count(role: Mapping[str, object]) -> int | None:
    count = role.get("RoleReplicas")
    return int(count) if isinstance(count, (int, float)) and isfinite(count) else None


def _differ(ours: object, live: object) -> bool:
    """Return whether both texts are present and differ; an empty one may just not be echoed."""
    mine, theirs = _text(ours), _text(live)
    return bool(mine) and bool(theirs) and mine != theirs


def _text(value: object) -> str | None:
    """Return the text without what a platform may trim: surrounding spaces and carriage returns."""
    return value.replace("\r\n", "\n").strip() if isinstance(value, str) else None
