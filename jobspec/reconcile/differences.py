"""Which fields differ, named as in the manifest. For explanations only; no decision depends on it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.payload.echoed import with_echoed
from jobspec.manifest.payload.fields import (
    LIKELY_RECORD_FIELDS,
    is_extra,
    is_ignored,
    manifest_fields,
    without_fields,
)
from jobspec.manifest.payload.normal_form import normal
from jobspec.manifest.payload.rerun_on import split
from jobspec.manifest.payload.spec_hash import is_hash_of
from jobspec.manifest.values import SecretRef
from jobspec.reconcile import tags
from jobspec.reconcile.planning.plan import (
    Difference,
    Update,
)
from jobspec.reconcile.tags import Keep, Marks, TagKey
from jobspec.redaction.masking import Mask
from jobspec.redaction.names import is_secretive
from jobspec.redaction.records import mask_field
from jobspec.redaction.values import secrets_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from jobspec.manifest.values import Lifecycle
    from jobspec.reconcile.runs import Run

HIDDEN = "(hidden)"
NOT_ECHOED = "(not echoed)"
_LABELS = ("Name", "Description", "Tags")
_ENV = "spec.env."
_CUT_SPECS = re.compile(r"(?:^|_)on_[0-9a-f]{16}[0-9a-f-]*…$")
_IMAGE_TYPE = "spec.image.type"
_CREDENTIALS = ("spec.storageCredential.", "spec.image.credential.")


def of_metadata(run: Run, update: Update) -> tuple[Difference, ...]:
    """Return what an update would change; a description that the platform does not echo is skipped."""
    pairs = (*_labels(run, update), *_marks(update.marks, update.becomes))
    unequal = [(field, old, new) for field, old, new in pairs if old != new]
    if not unequal:
        return ()
    mask = Mask.of(secrets_in(run.spec))
    return tuple(Difference(field, mask_field(old, mask), new) for field, old, new in unequal)


def _labels(run: Run, update: Update) -> Iterator[tuple[str, object, object]]:
    yield "metadata.name", run.name, update.name
    if run.description is not None and update.description is not None:
        yield "metadata.description", run.description, update.description
    yield "metadata.tags", sorted(set(tags.user_tags(run.tags))), sorted(set(update.user_tags))


def _marks(before: Marks | None, after: Marks | None) -> Iterator[tuple[str, object, object]]:
    """Yield the differences for a run that stays managed."""
    if before and after:
        yield _kept(before.keep, after.keep)
        yield "set", tags.readable(before.set) or None, tags.readable(after.set) or None
        if before.core != after.core:  # the tag is a hash of the fields that are not ignored
            earlier, declared = "(an earlier list)", "(as declared)"
            yield "lifecycle.ignoreChanges", _if(before.core, earlier), _if(after.core, declared)
        yield "cancel mark", before.stop, after.stop


def _if(tag: str, text: str) -> str | None:
    return text if tag else None


def _kept(before: Keep, after: Keep) -> tuple[str, object, object]:
    if Keep.PROTECT in {before, after}:
        return ("lifecycle.protect", before is Keep.PROTECT, after is Keep.PROTECT)
    return ("lifecycle.onRemoval", before.value.capitalize(), after.value.capitalize())


def of_spec(run: Run, payload: Mapping[str, object], ignored: Collection[str] = ()) -> tuple[Difference, ...]:
    """Return the fields that the platform echoes with another value than the payload.

    The platform may echo only some fields; those it omits are not compared, and neither are ignored ones. A
    live value that is private or looks like a credential is reported as different, but not shown.
    """
    live = run.spec or {}
    declared = without_fields(payload, ignored)
    echoed = [key for key in declared if key not in _LABELS and not _is_silent(key, live.get(key))]
    if not ignored and all(live[key] == declared[key] for key in echoed):
        return ()
    shown = manifest_fields(normal({key: live[key] for key in echoed}))
    found = {field: value for field, value in shown.items() if not is_ignored(field, ignored)}
    wanted = manifest_fields(normal({key: declared[key] for key in echoed}))
    if not _has_image_type(declared):  # the platform chose the type
        found.pop(_IMAGE_TYPE, None)
        wanted.pop(_IMAGE_TYPE, None)
    after = {field: value for field, value in wanted.items() if field in found or _is_gone(field, found)}
    before = _comparable(found, after)
    fields = _unequal(before, after)
    view = _View.of(run)
    return tuple(Difference(field, view.shown(field, before), view.shown(field, after)) for field in fields)


def of_run(run: Run, payload: Mapping[str, object], ignored: Collection[str] = ()) -> tuple[Difference, ...]:
    """Return the fields in which a run differs from the payload, as far as they can be known.

    If the echo has the run's spec hash, it is complete: then a field that it lacks was not given. Otherwise
    only echoed fields are compared.
    """
    whole = _complete_echo(run, payload)
    if whole is None:
        return of_spec(run, payload, ignored)
    before, after = _named(whole, ignored), _named(payload, ignored)
    view = _View.of(run)
    fields = _unequal(before, after)
    return tuple(Difference(field, view.shown(field, before), view.shown(field, after)) for field in fields)


def _named(body: Mapping[str, object], ignored: Collection[str]) -> dict[str, object]:
    named = manifest_fields(normal(body))
    return {field: value for field, value in named.items() if not is_ignored(field, ignored)}


def _complete_echo(run: Run, payload: Mapping[str, object]) -> Mapping[str, object] | None:
    """Return the payload of a run if its echo has the hash in its tag; secrets count as the declared ones."""
    if not isinstance(run.marks, Marks) or run.marks.rerun:
        return None
    body = with_echoed(payload, run.spec or {}, ("spec",))[1]
    return body if is_hash_of(run.marks.spec, body, "") else None


def _has_image_type(payload: Mapping[str, object]) -> bool:
    image = payload.get("ImageSpec")
    return isinstance(image, dict) and "Type" in image


def of_rerun(run: Run, payload: Mapping[str, object], rerun: str) -> tuple[Difference, ...]:
    """Return the difference of `lifecycle.rerun` from the run's, as far as it can be known.

    A run carries its value as a tag. Runs of releases before 0.2 do not; for those, only the absence of a
    value can be shown: the echoed spec then has the run's spec hash without one.
    """
    if not isinstance(run.marks, Marks):
        return ()
    before, after = run.marks.rerun, tags.encoding(TagKey.RERUN, rerun) if rerun else ""
    if before == after or not (before or _ran_without_rerun(run, run.marks, payload)):
        return ()
    return (Difference("lifecycle.rerun", tags.readable(before) if before else None, rerun or None),)


def of_rerun_on(run: Run, lifecycle: Lifecycle) -> tuple[str, ...]:
    """Return the entries of `rerunOn` whose specs have changed since the run was submitted.

    All of them, if the run's tag is a hash of its value.
    """
    specs = split(lifecycle.rerun)[1]
    if not isinstance(run.marks, Marks) or not lifecycle.rerun_on:
        return ()
    if tags.is_encoded(run.marks.rerun):
        return lifecycle.rerun_on
    earlier = split(run.marks.rerun)[1]
    if specs == earlier:
        return ()
    if len(specs) != len(earlier):
        return lifecycle.rerun_on
    pairs = zip(lifecycle.rerun_on, earlier, specs, strict=True)
    return tuple(name for name, old, new in pairs if old != new)


def own_reruns(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return differences of `lifecycle.rerun` with the user's own values, without the specs of `rerunOn`."""
    own = (Difference(one.field, _own_rerun(one.before), _own_rerun(one.after)) for one in found)
    return tuple(one for one in own if one.before != one.after)


def _own_rerun(value: object) -> str | None:
    """Return the user's own part of a value, which may be cut and end in `…`."""
    text = str(value or "")
    if text.endswith("…"):
        return _CUT_SPECS.sub("…", text)
    return split(text)[0] or None


def _ran_without_rerun(run: Run, marks: Marks, payload: Mapping[str, object]) -> bool:
    bodies = (payload, *with_echoed(payload, run.spec or {}, ("spec",)))
    return any(is_hash_of(marks.spec, body, "") for body in bodies)


def between(before: Run, after: Run) -> tuple[Difference, ...]:
    """Return the spec fields that the platform echoes differently for two runs.

    A value that is private or looks like a credential is replaced by `HIDDEN` on both sides.
    """
    old, new = _spec_of(before), _spec_of(after)
    fields = _unequal(old, new)
    view = _View.of(before, after)
    found = (Difference(field, view.shown(field, old), view.shown(field, new)) for field in fields)
    return (*found, *_reruns(before.marks, after.marks))


def between_extras(before: Run, after: Run) -> tuple[Difference, ...]:
    """Return the differences of two runs in fields that a manifest has in `extra`.

    Apart from `between`, because a platform may return fields of its own that this release does not know.
    """
    old, new = _extras_of(before), _extras_of(after)
    view = _View.of(before, after)
    return tuple(
        Difference(field, view.shown(field, old), view.shown(field, new)) for field in _unequal(old, new)
    )


def _extras_of(run: Run) -> dict[str, object]:
    echoed = {key: value for key, value in (run.spec or {}).items() if value not in (None, "")}
    named = manifest_fields({key: value for key, value in echoed.items() if key not in LIKELY_RECORD_FIELDS})
    return {field: value for field, value in named.items() if is_extra(field)}


def _reruns(before: object, after: object) -> Iterator[Difference]:
    """Yield the difference of `lifecycle.rerun` between two runs, from their tags."""
    if isinstance(before, Marks) and isinstance(after, Marks) and before.rerun != after.rerun:
        values = [tags.readable(marks.rerun) if marks.rerun else None for marks in (before, after)]
        whole = Difference("lifecycle.rerun", *values)
        if all(_own_rerun(value) == value for value in values):
            yield whole
            return
        yield from own_reruns([whole])
        if split(before.rerun)[1] != split(after.rerun)[1] or tags.is_encoded(after.rerun):
            yield Difference("lifecycle.rerunOn", "earlier specs", "later specs")


def _spec_of(run: Run) -> dict[str, object]:
    """Return the echoed spec without times, states, labels and other fields that no manifest has."""
    echoed = {key: value for key, value in (run.spec or {}).items() if value is not None}
    named = manifest_fields({key: value for key, value in echoed.items() if key not in _LABELS})
    return {field: value for field, value in named.items() if not is_extra(field)}


class _View(Struct, frozen=True):
    """Decides how live values of some runs are shown: private values and credentials are hidden."""

    private: frozenset[str]
    mask: Mask

    @classmethod
    def of(cls, *runs: Run) -> _View:
        secrets = (secret for run in runs for secret in secrets_in(run.spec))
        return cls(frozenset(name for run in runs for name in _private(run)), Mask.of(tuple(secrets)))

    def shown(self, field: str, values: Mapping[str, object]) -> object:
        """Return a live value as it may be displayed; None for an absent field."""
        if field not in values or isinstance(values[field], SecretRef):
            return _shown(values.get(field))
        name = field.rpartition(".")[2]
        if field in self.private or field.startswith(_CREDENTIALS) or is_secretive(name):
            return HIDDEN
        value = values[field]
        return NOT_ECHOED if value is None else mask_field(value, self.mask)


def _private(run: Run) -> Iterator[str]:
    """Yield the variables that the platform shows only to their creator."""
    variables = (run.spec or {}).get("Envs")
    for variable in variables if isinstance(variables, list) else []:
        if isinstance(variable, dict) and variable.get("IsPrivate"):
            yield f"{_ENV}{variable.get('Name')}"


def _is_silent(key: str, value: object) -> bool:
    """Return whether the platform omitted the field; an empty group counts as the default one."""
    return value is None or (key in {"ResourceGroupId", "ResourceQueueId"} and value == "")


def _is_gone(field: str, found: Collection[str]) -> bool:
    """Return whether a field that is not echoed was dropped.

    That holds for a variable, and for a field of a missing role or storage. The platform may keep any other
    field to itself, as it does with credentials.
    """
    if field.startswith(_ENV):
        return True
    item, bracket, _ = field.rpartition("].")
    return bool(bracket) and not any(other.startswith(f"{item}].") for other in found)


def _comparable(live: Mapping[str, object], declared: Mapping[str, object]) -> dict[str, object]:
    """Return the live fields without the platform's additions; a secret counts as the declared one."""
    return {
        field: declared[field] if isinstance(declared.get(field), SecretRef) else value
        for field, value in live.items()
        if field in declared or field.startswith((_ENV, "spec.roles[", "spec.storages[", "spec.services["))
    }


def _unequal(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    if before == after:
        return []
    from deepdiff import DeepDiff  # noqa: PLC0415 - takes a third of a second; only for a changed run

    # An echo may turn 4.0 into 4 or shuffle a list that is a set: neither is a difference. Maps with few
    # common keys are still compared key by key.
    try:
        found = DeepDiff(
            before,
            after,
            view="tree",
            ignore_order=True,
            ignore_numeric_type_changes=True,
            threshold_to_diff_deeper=0,
        )
    except OverflowError:  # a number that is no float, in a foreign answer
        return sorted(
            field for field in before.keys() | after.keys() if before.get(field) != after.get(field)
        )
    paths = (item.path(output_format="list") for items in found.values() for item in items)
    return sorted({str(path[0]) for path in paths})


def _shown(value: object) -> object:
    if isinstance(value, SecretRef):
        return value.reference
    return [_shown(item) for item in value] if isinstance(value, list) else value
