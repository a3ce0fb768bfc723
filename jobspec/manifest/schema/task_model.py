"""The model of a `Task` manifest: every field with its meaning, unit, default and example.

Rules between fields are in `rules`, not here, because defaults are merged under a task first.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, JsonValue, WithJsonSchema
from pydantic import Tag as Branch

from jobspec.manifest.schema.limits import MAX_TAG
from jobspec.manifest.schema.parts import (
    Access,
    AccessType,
    Code,
    DependencyModel,
    Diagnosis,
    ImageSource,
    NamedQueue,
    PrivateNetwork,
    Retry,
    Service,
    Sidecar,
    StorageCredential,
    Tensorboard,
)
from jobspec.manifest.schema.roles import PartialRole, Role
from jobspec.manifest.schema.scalars import (
    AS_COMMAND_LINE,
    DROP_NULLS,
    NO_SPACES,
    TEXT_OR_MAP,
    Deadline,
    Duration,
    EnvName,
    EnvValue,
    Extra,
    ListOf,
    Model,
    Name,
    Reference,
    Word,
)
from jobspec.manifest.schema.storages import Storage, StorageLayer
from jobspec.manifest.schema.type_info import TypeInfo, joined
from jobspec.manifest.values import API_VERSION, DEFAULT_DEADLINE_SECONDS, FRAMEWORKS

ImageRef = Annotated[Annotated[Word, Branch("text")] | Annotated[ImageSource, Branch("map")], TEXT_OR_MAP]
Command = Annotated[str, Field(min_length=1)]
Tag = Annotated[str, Field(min_length=1, max_length=MAX_TAG, pattern=r"^\S+$"), NO_SPACES]
QueueRef = Annotated[Annotated[Word, Branch("text")] | Annotated[NamedQueue, Branch("map")], TEXT_OR_MAP]
AccessRef = Annotated[Annotated[AccessType, Branch("text")] | Annotated[Access, Branch("map")], TEXT_OR_MAP]
DependencyRef = Annotated[
    Annotated[Reference, Branch("text")] | Annotated[DependencyModel, Branch("map")], TEXT_OR_MAP
]
Roles = Annotated[tuple[Role, ...], ListOf, Field(min_length=1)]
PartialRoles = Annotated[tuple[PartialRole, ...], ListOf, Field(min_length=1)]

IMAGE = "Image of every replica: its id on the platform, or a map with its `url`."
ENTRYPOINT = "Shell command that starts each replica; can span several lines."
ROLES = "Roles of the run, each with its replicas."
STORAGES = "Storages mounted in each replica."
STORAGES_EXAMPLES = [
    [{"type": "Tos", "mountPath": "/data", "bucket": "vision-datasets", "prefix": "imagenet"}]
]
ROLES_EXAMPLE = [{"name": "worker", "replicas": 2, "flavor": "ml.g1e.large"}]


_TEMPLATE_PATTERN = "^[A-Za-z0-9][A-Za-z0-9_-]*$"
_TEMPLATE_NAME = TypeInfo(
    rule="must start with a letter or digit, and can contain only letters, digits, `_` and `-`",
    fit=joined("A-Za-z0-9_-", "-", _TEMPLATE_PATTERN),
)
TemplateName = Annotated[str, Field(max_length=63, pattern=_TEMPLATE_PATTERN), _TEMPLATE_NAME]
_NAME_SCHEMA: dict[str, JsonValue] = {"type": "string", "maxLength": 63, "pattern": _TEMPLATE_PATTERN}
Extends = Annotated[
    tuple[TemplateName, ...],
    BeforeValidator(lambda value: [value] if isinstance(value, str) else value),
    ListOf,
    WithJsonSchema({"anyOf": [_NAME_SCHEMA, {"type": "array", "items": _NAME_SCHEMA}]}),
    TypeInfo("name or list of names", rule=_TEMPLATE_NAME.rule, fit=_TEMPLATE_NAME.fit),
]


class Metadata(Model):
    """The name and the description of a task; they are not part of what it runs."""

    name: Name = Field(
        description=(
            "Identity of the task in its scope, and its name on the platform: "
            "1 to 200 CJK characters, letters, digits, `_` or `-`."
        ),
        examples=["resnet50-cifar"],
    )
    description: str = Field(
        default="",
        max_length=500,
        description="Text for people, at most 500 characters.",
        examples=["baseline"],
    )
    tags: Annotated[tuple[Tag, ...], ListOf] = Field(
        default=(),
        description="The user's own tags on the platform; tags that start with `jobspec-` are reserved.",
        examples=[["team-vision"]],
    )
    allow_plaintext: Annotated[tuple[Word, ...], ListOf] = Field(
        default=(),
        description="Paths in this document whose text looks like a credential but is not one.",
        examples=[["spec.env.SAMPLE_KEY", "spec.entrypoint"]],
    )


class PartialSpec(Model):
    """The definition of a run in one document; the project's defaults add the rest."""

    image: ImageRef | None = Field(default=None, description=IMAGE, examples=["ml_platform/pytorch:1.7"])
    entrypoint: Command | None = Field(default=None, description=ENTRYPOINT, examples=["python train.py"])
    args: str = Field(
        default="",
        description="Appended to the entrypoint after a space; empty by default.",
        examples=["--epochs 10"],
    )
    framework: Word = Field(
        default="Custom",
        description=(
            "Framework the platform prepares the replicas for, in any case; `Custom` by default. Known are "
            f"{', '.join(FRAMEWORKS)}; others are sent with a warning."
        ),
        examples=["PyTorchDDP"],
    )
    resource_group: Word | None = Field(
        default=None,
        description="Id of the resource group; `default` if neither this nor `resourceQueue` is set.",
        examples=["default"],
    )
    resource_queue: QueueRef | None = Field(
        default=None,
        description=(
            "Id of the resource queue, or a map with its `name`, which is looked up before planning. The "
            "successor of the resource group; set only one of the two."
        ),
        examples=["q-20260101-abcde"],
    )
    roles: PartialRoles | None = Field(default=None, description=ROLES, examples=[ROLES_EXAMPLE])
    active_deadline: Deadline = Field(
        default=DEFAULT_DEADLINE_SECONDS,
        description=(
            "Maximum duration of a run from its launch, in seconds or as `120h`; `none` for no limit. 5 days "
            "by default."
        ),
        examples=["120h"],
    )
    env: Annotated[dict[EnvName, EnvValue], DROP_NULLS] = Field(
        default_factory=dict,
        description=(
            "Environment variables of each replica: text, a reference to a secret, or a map with a `value`; "
            "null removes an inherited variable."
        ),
        examples=[{"LR": "0.1", "HF_TOKEN": {"secret": {"env": "HF_TOKEN"}}}],
    )
    storages: Annotated[tuple[StorageLayer, ...], ListOf] = Field(
        default=(), description=STORAGES, examples=STORAGES_EXAMPLES
    )
    storage_credential: StorageCredential | None = Field(
        default=None,
        description="Key that mounts the user's storages.",
        examples=[
            {
                "accessKeyId": {"secret": {"env": "TOS_ACCESS_KEY"}},
                "secretAccessKey": {"secret": {"env": "TOS_SECRET_KEY"}},
            }
        ],
    )
    code: Code | None = Field(
        default=None,
        description="Code that is added to the container.",
        examples=[{"source": "Local", "originPath": "/home/me/train"}],
    )
    tensorboard: Tensorboard | None = Field(
        default=None, description="TensorBoard of the task; off by default.", examples=[{"enabled": True}]
    )
    cache_type: Literal["Cloudfs", "Gpfs", "none"] = Field(
        default="Cloudfs",
        description=(
            "Cache in front of the storages; `Cloudfs` by default. With `none`, no cache type is sent; no "
            "public statement says how the platform treats that."
        ),
        examples=["Gpfs"],
    )
    sidecar: Sidecar | None = Field(
        default=None,
        description="Size of the container beside each replica.",
        examples=[{"cpu": 1, "memory": 4}],
    )
    priority: Literal[2, 4, 6] | None = Field(
        default=None,
        description="Priority in the queue: 2 low, 4 middle, 6 high; the queue's own by default.",
        examples=[4],
    )
    preemptible: bool | None = Field(
        default=None,
        description="Run on idle machines that can be reclaimed; the platform's own choice by default.",
        examples=[False],
    )
    idle_resource: bool | None = Field(
        default=None,
        description=(
            "Also use idle resources of other queues; the platform's choice if omitted. Seen only in public "
            "clients; not documented by the platform."
        ),
        examples=[True],
    )
    delay_exit: Duration | None = Field(
        default=None,
        description=(
            "Time for which the machines are kept after the run ends, in seconds or as `30m`; 0 by default."
        ),
        examples=["30m"],
    )
    retry: Retry | None = Field(
        default=None,
        description="The platform's own retry; off by default.",
        examples=[{"enabled": True, "maxTimes": 3, "interval": "120s", "on": ["Failed"]}],
    )
    access: AccessRef | None = Field(
        default=None,
        description=(
            "Who can see the task: all (`Public`), the queue's users (`Queue`), or its creator (`Private`), "
            "or a map with that `type` and more `users`; the platform's own choice by default."
        ),
        examples=["Private"],
    )
    diagnostics: Annotated[tuple[Diagnosis, ...], ListOf] = Field(
        default=(),
        description=f"Checks that the platform makes of a running task. {AS_COMMAND_LINE}",
        examples=[[{"name": "PythonDetection", "interval": "1h"}]],
    )
    network: PrivateNetwork | None = Field(
        default=None,
        description=f"Private network of the task; the platform's default if omitted. {AS_COMMAND_LINE}",
        examples=[{"vpcId": "vpc-0123", "subnetId": "subnet-0123"}],
    )
    services: Annotated[tuple[Service, ...], ListOf] = Field(
        default=(),
        description=f"Ports that each replica exposes, such as one with metrics. {AS_COMMAND_LINE}",
        examples=[[{"port": 9100, "type": "Metrics", "path": "/metrics"}]],
    )
    extra: Extra = Field(
        default_factory=dict,
        description=(
            "Any other field of the platform's create request, by its name there; merged into the request "
            "and part of what defines a run. Fields that have a name here are refused."
        ),
        examples=[{"ModelVersion": "v2", "RetryOptions": {"Backoff": 2}}],
    )


class TaskSpec(PartialSpec):
    """The complete definition of a run: defaults are merged, and the required fields are present."""

    image: ImageRef = Field(description=IMAGE, examples=["ml_platform/pytorch:1.7"])
    entrypoint: Command = Field(description=ENTRYPOINT, examples=["python train.py"])
    roles: Roles = Field(description=ROLES, examples=[ROLES_EXAMPLE])
    storages: Annotated[tuple[Storage, ...], ListOf] = Field(
        default=(), description=STORAGES, examples=STORAGES_EXAMPLES
    )


class LifecycleModel(Model):
    """Rules for reconciling a task. Of these, only `rerun` and `rerunOn` are part of the spec hash."""

    on_change: Literal["Replace", "AfterCompletion", "Manual"] = Field(
        default="Replace",
        description=(
            "Effect of a changed spec on an active run: replace it, wait until it ends, or only report."
        ),
        examples=["AfterCompletion"],
    )
    restart_policy: Literal["Never", "OnFailure", "Always"] = Field(
        default="Never",
        description=(
            "When to submit a finished run again: never, after a failure, or also after a cancel "
            "from outside. A run that succeeded is not submitted again."
        ),
        examples=["OnFailure"],
    )
    backoff_limit: int = Field(
        default=3,
        ge=0,
        description=(
            "Maximum number of failures of one spec before it is no longer submitted again. A run and the "
            "platform's own retries of it count as one failure. With `restartPolicy: Always`, a cancel from "
            "outside counts as a failure."
        ),
        examples=[3],
    )
    cooldown: Duration = Field(
        default=0,
        description=(
            "Time between the end of a run and the next attempt that `restartPolicy` makes, in seconds or "
            "as `15m`; 0 by default."
        ),
        examples=["15m"],
    )
    suspend: bool = Field(
        default=False, description="Cancel the run, and submit no run while this is true.", examples=[True]
    )
    protect: bool = Field(
        default=False, description="Refuse every change that would stop a run of the task.", examples=[True]
    )
    on_removal: Literal["Cancel", "Delete", "Retain"] = Field(
        default="Cancel",
        description="Action for a run whose manifest is gone: cancel, cancel and delete, or none.",
        examples=["Retain"],
    )
    history_limit: int | None = Field(
        default=None,
        ge=0,
        description=(
            "Number of finished runs to keep besides the one that satisfies the manifest; all by default."
        ),
        examples=[5],
    )
    ignore_changes: Annotated[tuple[Word, ...], ListOf] = Field(
        default=(), description="Fields of the spec whose changes are ignored.", examples=[["spec.args"]]
    )
    rerun: str = Field(
        default="",
        description="Any new value triggers one more run; empty by default.",
        examples=["2026-01-31"],
    )
    previous_names: Annotated[tuple[Name, ...], ListOf] = Field(
        default=(),
        description="Earlier names of the task; their runs are taken over.",
        examples=[["resnet-old"]],
    )
    depends_on: Annotated[tuple[DependencyRef, ...], ListOf] = Field(
        default=(),
        description=(
            "Tasks, and sets as `set/NAME`, that must have succeeded with their present spec before the task "
            "is submitted; with `condition: Finished`, any end is enough."
        ),
        examples=[["prepare", {"task": "set/sweep", "condition": "Finished"}]],
    )
    rerun_on: Annotated[tuple[Reference, ...], ListOf] = Field(
        default=(),
        description="Entries of `dependsOn` whose changed spec also triggers one more run of this task.",
        examples=[["prepare"]],
    )


class TaskDocument(Model):
    """One training task. It runs to completion; a changed spec means a new run."""

    api_version: Literal["jobspec/v1"] = Field(description="Version of the format.", examples=[API_VERSION])
    kind: Literal["Task"] = Field(description="Kind of the manifest.", examples=["Task"])
    metadata: Metadata = Field(
        description="Name and description of the task.", examples=[{"name": "resnet50-cifar"}]
    )
    extends: Extends = Field(
        default=(),
        description=(
            "Templates of the project that are merged under the task, in this order, over the project's "
            "defaults: one name, or a list of names."
        ),
        examples=[["base", "gpu"]],
    )
    spec: PartialSpec = Field(
        default_factory=PartialSpec,
        description=(
            "Definition of a run; the project's `defaults.spec` and its templates are merged under it."
        ),
        examples=[
            {"image": "ml_platform/pytorch:1.7", "entrypoint": "python train.py", "roles": ROLES_EXAMPLE}
        ],
    )
    lifecycle: LifecycleModel = Field(
        default_factory=LifecycleModel,
        description=(
            "Rules for reconciling the task; the project's `defaults.lifecycle` and its templates are merged "
            "under it."
        ),
        examples=[{"onChange": "AfterCompletion"}],
    )


class MergedTask(TaskDocument):
    """A task document after the project's defaults were merged under it."""

    spec: TaskSpec = Field(description="Definition of a run.")
