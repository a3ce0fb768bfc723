"""Which fields differ, in the words of the manifest. Only explains: no decision is made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jobspec.manifest.masking import Mask
from jobspec.manifest.payload_fields import manifest_fields, without_fields
from jobspec.manifest.plaintext import hide_shapes
from jobspec.manifest.scalars import SecretRef
from jobspec.manifest.secret_values import secrets_in
from jobspec.manifest.secretive import is_secretive
from jobspec.reconcile import tags
from jobspec.reconcile.plan import Difference
from jobspec.reconcile.tags import Keep

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from jobspec.reconcile.plan import Update
    from jobspec.reconcile.runs import Run
    from jobspec.reconcile.tags import Marks

HIDDEN = "(hidden)"
_LABELS = ("Name", "Description", "Tags")
_MAY_BE_SECRET = ("spec.env.", "spec.storageCredential.", "spec.image.credential.")


def of_metadata(run: Run, update: Update) -> tuple[Difference, ...]:
    """Return what an update would change; a description the platform does not echo is not compared."""
    pairs = (*_labels(run, update), *_marks(update.marks, update.becomes))
    unequal = [(field, old, new) for field, old, new in pairs if old != new]
    if not unequal:
        return ()
    mask = _mask(run)
    return tuple(Difference(field, without_secrets(old, mask), new) for field, old, new in unequal)


def without_secrets(live: object, mask: Mask) -> object:
    """Return a live text, or a list of some, without secrets: known ones, and what is shaped like one."""
    if isinstance(live, str):
        return hide_shapes(mask.over(live))
    return [without_secrets(item, mask) for item in live] if isinstance(live, list) else live


def _mask(run: Run) -> Mask:
    """What hides the secrets that the platform tells of a run, wherever else in it they are repeated."""
    return Mask.of(secrets_in(run.spec))


def _labels(run: Run, update: Update) -> Iterator[tuple[str, object, object]]:
    yield "metadata.name", run.name, update.name
    if run.description is not None and update.description is not None:
        yield "metadata.description", run.description, update.description
    yield "metadata.tags", sorted(tags.user_tags(run.tags)), sorted(update.user_tags)


def _marks(before: Marks | None, after: Marks | None) -> Iterator[tuple[str, object, object]]:
    """What differs for a run that is ours and stays so."""
    if before and after:
        yield _kept(before.keep, after.keep)
        yield "lifecycle.ignoreChanges", before.core, after.core
        yield "the mark of a cancel", before.stop, after.stop


def _kept(before: Keep, after: Keep) -> tuple[str, object, object]:
    if Keep.PROTECT in {before, after}:
        return ("lifecycle.protect", before is Keep.PROTECT, after is Keep.PROTECT)
    return ("lifecycle.onRemoval", before.value.capitalize(), after.value.capitalize())


def of_spec(run: Run, payload: Mapping[str, object], ignored: Collection[str] = ()) -> tuple[Difference, ...]:
    """Return the fields in which what the platform echoes of a run differs from the payload.

    The platform may echo a part only; fields it leaves out are not compared, nor are ignored ones. Live
    values that may be secrets are never shown.
    """
    live = run.spec or {}
    declared = without_fields(payload, ignored)
    echoed = [key for key in declared if key not in _LABELS and not _is_silent(key, live.get(key))]
    found = manifest_fields({key: live[key] for key in echoed})
    wanted = manifest_fields({key: declared[key] for key in echoed})
    after = {field: value for field, value in wanted.items() if field in found or _is_gone(field, found)}
    before = _told(found, after)
    fields = _unequal(before, after)
    mask = _mask(run)
    return tuple(
        Difference(field, _told_live(field, before, mask), _shown(after.get(field))) for field in fields
    )


def between(before: Run, after: Run) -> tuple[Difference, ...]:
    """Return the fields of the spec in which what the platform echoes of two runs differs.

    A value that may be a secret is `HIDDEN` on either side; the rest is shown without what looks like one.
    """
    old, new = _spec_of(before), _spec_of(after)
    fields = _unequal(old, new)
    mask = Mask.of((*secrets_in(before.spec), *secrets_in(after.spec)))
    return tuple(
        Difference(field, _told_live(field, old, mask), _told_live(field, new, mask)) for field in fields
    )


def _spec_of(run: Run) -> dict[str, object]:
    """What is echoed of the spec alone: without times, states and labels, or what no manifest has."""
    echoed = {key: value for key, value in (run.spec or {}).items() if value is not None}
    named = manifest_fields({key: value for key, value in echoed.items() if key not in _LABELS})
    return {field: value for field, value in named.items() if field.startswith("spec.")}


def _told_live(field: str, live: Mapping[str, object], mask: Mask) -> object:
    """A live value as far as it may be told; None for one that is not there."""
    if field not in live or isinstance(live[field], SecretRef):
        return _shown(live.get(field))
    if field.startswith(_MAY_BE_SECRET) or is_secretive(field.rpartition(".")[2]):
        return HIDDEN
    return without_secrets(live[field], mask)


def _is_silent(key: str, value: object) -> bool:
    """Whether the platform tells nothing of a field: a group that is empty is the default one."""
    return value is None or (key in {"ResourceGroupId", "ResourceQueueId"} and value == "")


def _is_gone(field: str, found: Collection[str]) -> bool:
    """Whether a field that is not echoed was dropped: a variable, or one of a role or a storage that is gone.

    Any other may be what the platform keeps to itself, as credentials are.
    """
    if field.startswith("spec.env."):
        return True
    item, bracket, _ = field.rpartition("].")
    return bool(bracket) and not any(other.startswith(f"{item}].") for other in found)


def _told(live: Mapping[str, object], declared: Mapping[str, object]) -> dict[str, object]:
    """The live fields as far as they may be told: without the platform's own additions and secrets."""
    return {
        field: _hidden(field, value, declared.get(field))
        for field, value in live.items()
        if field in declared or field.startswith(("spec.env.", "spec.roles[", "spec.storages["))
    }


def _hidden(field: str, live: object, declared: object) -> object:
    if isinstance(declared, SecretRef):
        return declared
    return HIDDEN if field.startswith(_MAY_BE_SECRET) and live != declared else live


def _unequal(before: Mapping[str, object], after: Mapping[str, object]) -> list[str]:
    if before == after:
        return []
    from deepdiff import DeepDiff  # noqa: PLC0415 - a third of a second, only worth it for a changed run

    # An echo may turn 4.0 into 4 and shuffle a list that is a set: neither is a difference. And maps with few
    # keys in common are still compared key by key.
    found = DeepDiff(
        before,
        after,
        view="tree",
        ignore_order=True,
        ignore_numeric_type_changes=True,
        threshold_to_diff_deeper=0,
    )
    paths = (item.path(output_format="list") for items in found.values() for item in items)
    return sorted({str(path[0]) for path in paths})


def _shown(value: object) -> object:
    if isinstance(value, SecretRef):
        return value.reference
    return [_shown(item) for item in value] if isinstance(value, list) else value
