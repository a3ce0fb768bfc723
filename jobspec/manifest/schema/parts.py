"""The maps inside a task's `spec`, besides roles and storages: image, retry and others."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from jobspec.manifest.schema.limits import MAX_AMOUNT, MAX_INTEGER
from jobspec.manifest.schema.scalars import (
    AS_COMMAND_LINE,
    Cores,
    Duration,
    Extra,
    Gibibytes,
    Label,
    ListOf,
    Model,
    PositiveDuration,
    Reference,
    Removal,
    SecretRefModel,
    Word,
)

AccessType = Literal["Public", "Queue", "Private"]
RetryReason = Literal[
    "Failed",
    "InstanceReclaimed",
    "MachineFailure",
    "VecclHangDetectionFailed",
    "LogDetectionFailed",
    "PythonDetectionFailed",
]


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
    type: Literal["Preset", "VolcEngine", "Custom"] | None = Field(
        default=None,
        description=(
            "Where the image comes from: the platform's own, the cloud's registry, or elsewhere; not sent by "
            "default. The spec hash of an image without a type is that of `Custom`."
        ),
        examples=["VolcEngine"],
    )
    credential: ImageCredential | None = Field(
        default=None,
        description="Login for a private registry; none by default.",
        examples=[{"username": "robot-vision", "password": {"secret": {"env": "REGISTRY_PASSWORD"}}}],
    )


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


class TensorboardStorage(Model):
    """The file system of a TensorBoard."""

    type: Literal["Nas", "Vepfs"] = Field(description="Kind of storage.", examples=["Nas"])
    nas_id: Word | None = Field(
        default=None,
        description="Id of the NAS; an alternative to `nasAddr`.",
        examples=["enas-cnbj0123"],
    )
    nas_addr: Word | None = Field(
        default=None,
        description="Address of the NAS; an alternative to `nasId`.",
        examples=["10.0.0.8:/share"],
    )
    vepfs_id: Word | None = Field(
        default=None, description="Id of the parallel file system.", examples=["vepfs-cnbj0123"]
    )
    sub_path: str | None = Field(
        default=None, description="Folder in the file system.", examples=["tensorboard/vision"]
    )


class Tensorboard(Model):
    """The TensorBoard of a task."""

    enabled: bool = Field(
        default=False, description="Start a TensorBoard; false by default.", examples=[True]
    )
    path: str | None = Field(
        default=None, description="Path of the event files.", examples=["mlplatform/tensorboard"]
    )
    storage: TensorboardStorage | None = Field(
        default=None,
        description=f"File system to which event files are written. {AS_COMMAND_LINE}",
        examples=[{"type": "Nas", "nasId": "enas-cnbj0123", "subPath": "tensorboard"}],
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
        ge=0,
        le=MAX_INTEGER,
        description="Maximum number of retries; the platform's own number by default.",
        examples=[3],
    )
    interval: Duration | None = Field(
        default=None,
        description="Pause before a retry, in seconds or as `120s`; the platform's own by default.",
        examples=["120s"],
    )
    reserve_resource: bool | None = Field(
        default=None,
        description=f"Keep the machines for the retry; the platform's choice if omitted. {AS_COMMAND_LINE}",
        examples=[True],
    )
    on: Annotated[tuple[RetryReason, ...], ListOf] = Field(
        default=(),
        description=(
            "Reasons to retry: a failed program, a reclaimed instance, a broken machine, or a problem that a "
            "diagnosis found. Without a reason, nothing is retried."
        ),
        examples=[["Failed", "InstanceReclaimed"]],
    )


class Access(Model):
    """Who can see a task."""

    type: AccessType = Field(description="All, the queue's users, or its creator.", examples=["Queue"])
    users: Annotated[tuple[Word, ...], ListOf] = Field(
        default=(), description=f"Users who can see it in addition. {AS_COMMAND_LINE}", examples=[["ada"]]
    )


class NamedQueue(Model):
    """A resource queue by its name, which is looked up before planning."""

    name: Label = Field(description="Name of the queue; unique among the queues.", examples=["vision-a100"])


class DependencyModel(Model):
    """A task or a set that must have ended before a task is submitted."""

    noun: ClassVar[str] = "dependency"

    task: Reference = Field(
        description="Name of the task, or `set/NAME` for every task of a set.", examples=["prepare"]
    )
    condition: Literal["Succeeded", "Finished"] = Field(
        default="Succeeded",
        description=(
            "What to wait for: a success with its present spec, or any end with it; `Succeeded` by default."
        ),
        examples=["Finished"],
    )


class Diagnosis(Model):
    """A check that the platform makes of a running task."""

    noun: ClassVar[str] = "diagnosis"

    name: Word = Field(
        description="Name of the check: EnvironmentalDiagnosis, PythonDetection, LogDetection, … Unique.",
        examples=["PythonDetection"],
    )
    enabled: bool = Field(default=True, description="Make the check; true by default.", examples=[True])
    interval: PositiveDuration | None = Field(
        default=None,
        description="Time between two checks, in seconds or as `30m`; the platform's own by default.",
        examples=["30m"],
    )
    extra: Extra = Field(
        default_factory=dict,
        description="Fields of the check that have no name here, by their names in the API.",
        examples=[{"Level": 2}],
    )
    remove: Removal = Field(
        default=None, description="Remove the inherited check with this name.", examples=[True]
    )


class PrivateNetwork(Model):
    """The private network of a task."""

    vpc_id: Word = Field(description="Id of the VPC.", examples=["vpc-0123"])
    subnet_id: str | None = Field(default=None, description="Id of the subnet.", examples=["subnet-0123"])
    security_group_ids: Annotated[tuple[str, ...], ListOf] = Field(
        default=(), description="Ids of the security groups.", examples=[["sg-0123"]]
    )


class Service(Model):
    """A port that each replica exposes, such as one with metrics."""

    noun: ClassVar[str] = "service"

    port: int = Field(ge=1, le=65535, description="Port in the container; unique.", examples=[9100])
    type: Word | None = Field(
        default=None, description="What the port offers, such as `Metrics`.", examples=["Metrics"]
    )
    path: str | None = Field(default=None, description="Path of the requests.", examples=["/metrics"])
    extra: Extra = Field(
        default_factory=dict,
        description="Fields of the service that have no name here, by their names in the API.",
        examples=[{"Protocol": "http"}],
    )
    remove: Removal = Field(
        default=None, description="Remove the inherited service at this port.", examples=[True]
    )
