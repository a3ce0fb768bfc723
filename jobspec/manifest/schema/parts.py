"""The maps inside a task's `spec`: image, role, storage and others."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from jobspec.manifest.schema.limits import MAX_AMOUNT, MAX_INTEGER, MAX_REPLICAS
from jobspec.manifest.schema.scalars import (
    AbsolutePath,
    Cores,
    Duration,
    Gibibytes,
    ListOf,
    Model,
    RoleName,
    SecretRefModel,
    Word,
)
from jobspec.manifest.schema.spelling import ALIKE, alike


class ImageCredential(Model):
    """The login for an image registry."""

    username: Word = Field(description="User name at the registry.", examples=["robot-vision"])
    password: SecretRefModel = Field(
        description="Password or token at the registry, as a reference.",
        examples=[{"secret": {"env": "REGISTRY_PASSWORD"}}],
    )


class ImageSource(Model):
    """An image by its address, for accounts without image ids."""

    url: Word = Field(
        description="Full address of the image.", examples=["registry.example.com/vision/train:2.1"]
    )
    type: Literal["Preset", "VolcEngine", "Custom"] = Field(
        default="Custom",
        description="Where the image comes from: the platform's own, the cloud's registry, or elsewhere.",
        examples=["VolcEngine"],
    )
    credential: ImageCredential | None = Field(
        default=None,
        description="Login for a private registry; none by default.",
        examples=[{"username": "robot-vision", "password": {"secret": {"env": "REGISTRY_PASSWORD"}}}],
    )


class Role(Model):
    """Replicas of one kind in a task, all with the same flavor."""

    noun: ClassVar[str] = "role"

    name: RoleName = Field(
        description="Name of the role: worker, ps, server, scheduler, … Unique in the task.",
        examples=["worker"],
    )
    replicas: int = Field(
        ge=1,
        le=MAX_REPLICAS,
        description="How many replicas of the role run side by side, at least 1.",
        examples=[2],
    )
    flavor: Word = Field(description="Machine type of each replica.", examples=["ml.g1e.large"])


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


class VepfsStorage(StorageMount):
    """A parallel file system."""

    type: Literal["Vepfs"] = Field(description="Kind of storage: `Vepfs`.", examples=["Vepfs"])
    vepfs_id: Word = Field(description="Id of the file system.", examples=["vepfs-cnbj0123"])
    sub_path: str | None = Field(
        default=None, description="Folder in the file system; its root by default.", examples=["team/vision"]
    )
    read_only: bool = Field(
        default=False, description="Mount it read-only; false by default.", examples=[True]
    )


class SfcsStorage(StorageMount):
    """A caching file system in front of an object storage."""

    type: Literal["Sfcs"] = Field(description="Kind of storage: `Sfcs`.", examples=["Sfcs"])
    file_system_name: Word = Field(description="Name of the file system.", examples=["vision-cache"])


STORAGE_KEYS = tuple(
    dict.fromkeys(
        key for kind in (TosStorage, NasStorage, VepfsStorage, SfcsStorage) for key in kind.field_aliases()
    )
)
"""All keys that any kind of storage lists."""
Storage = Annotated[TosStorage | NasStorage | VepfsStorage | SfcsStorage, Field(discriminator="type")]


class StorageCredential(Model):
    """The key that mounts the user's own storage; both parts are references."""

    access_key_id: SecretRefModel = Field(
        description="Access key id, as a reference.", examples=[{"secret": {"env": "TOS_ACCESS_KEY"}}]
    )
    secret_access_key: SecretRefModel = Field(
        description="Secret access key, as a reference.", examples=[{"secret": {"env": "TOS_SECRET_KEY"}}]
    )


class Code(Model):
    """Code that the platform adds to the container, in addition to the image."""

    source: Literal["", "WebIDE", "Local"] = Field(
        default="", description="Where the code comes from; none by default.", examples=["Local"]
    )
    origin_path: str | None = Field(
        default=None,
        description="Path of the code at its source; required when `source` is set.",
        examples=["/home/me/train"],
    )
    tos_path: str | None = Field(
        default=None, description="Address of the uploaded code.", examples=["tos://bucket/code/train"]
    )
    local_path: str | None = Field(
        default=None, description="Path of the code in the container.", examples=["/root/code"]
    )


class Tensorboard(Model):
    """The TensorBoard of a task."""

    enabled: bool = Field(
        default=False, description="Start a TensorBoard; false by default.", examples=[True]
    )
    path: str | None = Field(
        default=None, description="Path of the event files.", examples=["mlplatform/tensorboard"]
    )


class Sidecar(Model):
    """The container that runs next to each replica, for storage caches."""

    image: Word | None = Field(
        default=None, description="Image of the sidecar.", examples=["ml_platform/sidecar:1"]
    )
    memory_ratio: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="Share of the replica's memory for the sidecar, between 0 and 1, both excluded.",
        examples=[0.5],
    )
    cpu: Cores | None = Field(
        default=None, gt=0, lt=MAX_AMOUNT, description="Cores of the sidecar.", examples=[1]
    )
    memory: Gibibytes | None = Field(
        default=None, gt=0, lt=MAX_AMOUNT, description="Memory of the sidecar in GiB.", examples=[4]
    )


class Retry(Model):
    """The platform's own retry of a run, within one submit; `lifecycle.restartPolicy` is jobspec's."""

    enabled: bool = Field(
        default=True, description="Let the platform retry; true by default.", examples=[True]
    )
    max_times: int | None = Field(
        default=None,
        ge=1,
        le=MAX_INTEGER,
        description="Maximum number of retries; the platform's own number by default.",
        examples=[3],
    )
    interval: Duration | None = Field(
        default=None,
        description="Pause before a retry, in seconds or as `120s`; the platform's own by default.",
        examples=["120s"],
    )
    on: Annotated[tuple[Literal["Failed", "InstanceReclaimed", "MachineFailure"], ...], ListOf] = Field(
        default=(),
        description=(
            "Reasons to retry: a failed program, a reclaimed instance, a broken machine. Without a reason, "
            "nothing is retried."
        ),
        examples=[["Failed", "InstanceReclaimed"]],
    )
