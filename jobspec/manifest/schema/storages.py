"""The kinds of storages that a task can mount."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, Self, get_type_hints

from pydantic import ConfigDict, Discriminator, Field, Tag, create_model, model_validator
from pydantic_core import PydanticCustomError

from jobspec.manifest.schema.limits import MAX_INTEGER
from jobspec.manifest.schema.scalars import AS_COMMAND_LINE, AbsolutePath, Extra, Label, Model, Removal, Word
from jobspec.manifest.schema.spelling import ALIKE, alike


class StorageMount(Model):
    """The fields of every storage. Keys that are not listed are passed to the platform.

    A key whose spelling is close to a listed key or to another key is refused: a misspelled `readOnly` would
    be passed on, and the storage would be mounted writable.
    """

    model_config = ConfigDict(extra="allow")
    noun: ClassVar[str] = "storage"

    mount_path: AbsolutePath = Field(
        description="Absolute path in the container; unique in the task.", examples=["/data"]
    )
    extra: Extra = Field(
        default_factory=dict,
        description="Fields of the storage by their names in the API, in any spelling; sent as they are.",
        examples=[{"MountOptions": {"Cache": True}}],
    )
    remove: Removal = Field(
        default=None, description="Remove the inherited storage at this path.", examples=[True]
    )

    @model_validator(mode="after")
    def _no_keys_alike(self) -> Self:
        found = alike(self.model_extra or {}, STORAGE_KEYS)
        if found:
            raise PydanticCustomError(ALIKE, "keys that differ in spelling only", {"keys": found})
        return self


class TosStorage(StorageMount):
    """A bucket of the object storage, mounted as a folder."""

    type: Literal["Tos"] = Field(description="Kind of storage: `Tos`.", examples=["Tos"])
    bucket: Word = Field(description="Name of the bucket.", examples=["vision-datasets"])
    prefix: str | None = Field(
        default=None, description="Folder in the bucket; the whole bucket by default.", examples=["imagenet"]
    )
    fs_name: Word | None = Field(
        default=None,
        description=f"Name of the CloudFS instance that caches it. {AS_COMMAND_LINE}",
        examples=["vision-cfs"],
    )
    meta_cache_capacity: int | None = Field(
        default=None,
        ge=0,
        le=MAX_INTEGER,
        description="How many files have their metadata cached.",
        examples=[1000000],
    )
    meta_cache_expiry_minutes: int | None = Field(
        default=None,
        ge=-1,
        le=MAX_INTEGER,
        description="Minutes for which metadata is cached; -1 without a limit.",
        examples=[-1],
    )


class TosFuseStorage(StorageMount):
    """A bucket of the object storage, mounted without a cache service. Seen only in public clients."""

    type: Literal["TosFuse"] = Field(description="Kind of storage: `TosFuse`.", examples=["TosFuse"])
    bucket: Word = Field(description="Name of the bucket.", examples=["vision-datasets"])
    prefix: str | None = Field(
        default=None, description="Folder in the bucket; the whole bucket by default.", examples=["imagenet"]
    )


class NasStorage(StorageMount):
    """A network file system; needs `nasId` or `nasAddr`."""

    type: Literal["Nas"] = Field(description="Kind of storage: `Nas`.", examples=["Nas"])
    nas_id: Word | None = Field(
        default=None,
        description="Id of the file system; an alternative to `nasAddr`.",
        examples=["enas-cnbj0123"],
    )
    nas_addr: Word | None = Field(
        default=None,
        description="Address of the file system; an alternative to `nasId`.",
        examples=["10.0.0.8:/share"],
    )
    sub_path: str | None = Field(
        default=None, description="Folder in the file system; its root by default.", examples=["team/vision"]
    )
    nas_access_point_id: Word | None = Field(
        default=None,
        description="Access point through which it is mounted. The vendor's documentation spells its name "
        "`NasAccessPonintId`; the API's spelling is not confirmed.",
        examples=["ap-0123"],
    )


class VepfsStorage(StorageMount):
    """A parallel file system; without `vepfsId`, `id`, `fsName` or `name`, the one of the queue."""

    type: Literal["Vepfs"] = Field(description="Kind of storage: `Vepfs`.", examples=["Vepfs"])
    vepfs_id: Word | None = Field(
        default=None, description="Id of the file system.", examples=["vepfs-cnbj0123"]
    )
    name: Label | None = Field(
        default=None,
        description="Name of the file system, looked up before planning; an alternative to `vepfsId`.",
        examples=["team-share"],
    )
    id: Word | None = Field(
        default=None,
        description="Id of the file system, sent as `Id` as some clients do; an alternative to `vepfsId`.",
        examples=["vepfs-cnbj0123"],
    )
    fs_name: Word | None = Field(
        default=None,
        description=(
            "Name of the file system, sent as it is; an alternative to `vepfsId`. Seen only in public "
            "clients."
        ),
        examples=["vepfs-team"],
    )
    sub_path: str | None = Field(
        default=None, description="Folder in the file system; its root by default.", examples=["team/vision"]
    )
    read_only: bool = Field(
        default=False, description="Mount it read-only; false by default.", examples=[True]
    )


class VepfsAccessPoint(StorageMount):
    """A parallel file system, mounted through an access point."""

    type: Literal["VepfsAP"] = Field(description="Kind of storage: `VepfsAP`.", examples=["VepfsAP"])
    vepfs_id: Word = Field(description="Id of the file system.", examples=["vepfs-cnbj0123"])
    vepfs_access_point_id: Word = Field(
        description=f"Id of the access point. {AS_COMMAND_LINE}", examples=["ap-0123"]
    )
    sub_path: str | None = Field(
        default=None, description="Folder in the file system; its root by default.", examples=["team/vision"]
    )
    read_only: bool | None = Field(
        default=None, description="Mount it read-only; the platform's own choice by default.", examples=[True]
    )


class SfcsStorage(StorageMount):
    """A caching file system in front of an object storage; needs `fileSystemName` or `bucket`."""

    type: Literal["Sfcs"] = Field(description="Kind of storage: `Sfcs`.", examples=["Sfcs"])
    file_system_name: Word | None = Field(
        default=None,
        description="Name of the file system; an alternative to `bucket`.",
        examples=["vision-cache"],
    )
    bucket: Word | None = Field(
        default=None,
        description="Name of the bucket; an alternative to `fileSystemName`.",
        examples=["vision-datasets"],
    )
    prefix: str | None = Field(
        default=None, description="Folder in the bucket; the whole bucket by default.", examples=["imagenet"]
    )


_KINDS = (TosStorage, TosFuseStorage, NasStorage, VepfsStorage, VepfsAccessPoint, SfcsStorage)
STORAGE_KEYS = tuple(dict.fromkeys(key for kind in _KINDS for key in kind.field_aliases()))
"""All keys that any kind of storage lists."""
Storage = Annotated[
    TosStorage | TosFuseStorage | NasStorage | VepfsStorage | VepfsAccessPoint | SfcsStorage,
    Field(discriminator="type"),
]


def _partial() -> type[StorageMount]:
    """Return the model of a storage without a type: every field of any kind, and none of them required."""
    fields: dict[str, Any] = {"type": (None, Field(default=None, description=_NO_TYPE, examples=[None]))}
    for kind in _KINDS:
        hints = get_type_hints(kind, include_extras=True)
        for name, info in kind.model_fields.items():
            if name not in StorageMount.model_fields and name not in fields:
                optional = copy(info)
                optional.default = None
                fields[name] = (hints[name] | None, optional)
    return create_model("PartialStorage", __base__=StorageMount, __doc__=_PARTIAL, **fields)


_NO_TYPE = "Without a type, the inherited storage at this path adds it."
_PARTIAL = "A storage in one document; the inherited storage at this path adds its type and the rest."
if TYPE_CHECKING:
    PartialStorage = StorageMount
else:
    PartialStorage = _partial()


def _branch(value: object) -> str:
    is_partial = isinstance(value, dict) and value.get("type") is None
    return _WITHOUT_TYPE if is_partial else _WITH_TYPE


_WITH_TYPE, _WITHOUT_TYPE = "with a type", "without a type"
StorageLayer = Annotated[
    Annotated[Storage, Tag(_WITH_TYPE)] | Annotated[PartialStorage, Tag(_WITHOUT_TYPE)],
    Discriminator(_branch),
]
"""A storage, or a part of one that is completed by an inherited one."""
