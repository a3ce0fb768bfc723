"""The roles of a task: how many replicas, and what each of them gets."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from jobspec.manifest.schema.limits import MAX_AMOUNT, MAX_INTEGER, MAX_REPLICAS
from jobspec.manifest.schema.scalars import (
    AS_COMMAND_LINE,
    Cores,
    Extra,
    Gibibytes,
    Model,
    Removal,
    RoleName,
    Word,
)

_REPLICAS = "How many replicas of the role run side by side, at least 1."
_UNCONFIRMED = "Seen only in public clients; not documented by the platform."
ONE_SIZE = "one_size"
"""The type of the error for a role that has not exactly one of `flavor` and `resources`."""
_KINDS_OF_SIZE: tuple[tuple[str, JsonValue], ...] = (
    ("flavor", "string"),
    ("resources", ["object", "string"]),
)
_ONE_SIZE: list[JsonValue] = [
    {"properties": {key: {"type": kind}}, "required": [key]} for key, kind in _KINDS_OF_SIZE
]


class Resources(Model):
    """What each replica needs, for queues that assign cores, memory and GPUs instead of whole machines.

    The names of the fields on the wire are those of public clients; no public statement confirms them.
    """

    cpu: Cores | None = Field(
        default=None, gt=0, lt=MAX_AMOUNT, description="Cores of each replica.", examples=[108]
    )
    memory: Gibibytes | None = Field(
        default=None, gt=0, lt=MAX_AMOUNT, description="Memory of each replica in GiB.", examples=[1900]
    )
    gpus: int | None = Field(
        default=None, ge=0, le=MAX_REPLICAS, description="GPUs of each replica.", examples=[8]
    )
    gpu_type: Word | None = Field(default=None, description="Model of the GPUs.", examples=["A100-80G"])


class PartialRole(Model):
    """A role in one document; inherited fields of the role with this name add the rest."""

    noun: ClassVar[str] = "role"

    name: RoleName = Field(
        description="Name of the role: worker, ps, server, scheduler, … Unique in the task.",
        examples=["worker"],
    )
    replicas: int | None = Field(default=None, ge=1, le=MAX_REPLICAS, description=_REPLICAS, examples=[2])
    flavor: Word | None = Field(
        default=None,
        description="Machine type of each replica; required without `resources`.",
        examples=["ml.g1e.large"],
    )
    resources: Resources | None = Field(
        default=None,
        description=f"Cores, memory and GPUs of each replica, instead of a `flavor`. {_UNCONFIRMED}",
        examples=[{"cpu": 108, "memory": 1900, "gpus": 8, "gpuType": "A100-80G"}],
    )
    min_replicas: int | None = Field(
        default=None,
        ge=0,
        le=MAX_REPLICAS,
        description="Replicas with which the role can start; all by default. " + _UNCONFIRMED,
        examples=[1],
    )
    max_failed: int | None = Field(
        default=None,
        ge=0,
        le=MAX_REPLICAS,
        description="Replicas that may fail before the task fails; the platform's default if omitted. "
        + _UNCONFIRMED,
        examples=[0],
    )
    restart_policy: Literal["Never", "OnFailure", "Always"] | None = Field(
        default=None,
        description=(
            "When the platform starts one replica again within a run; the platform's default if omitted. "
            "`retry` starts the whole task again. "
        )
        + _UNCONFIRMED,
        examples=["OnFailure"],
    )
    restart_max_retries: int | None = Field(
        default=None,
        ge=0,
        le=MAX_INTEGER,
        description="Maximum number of restarts of a replica; the platform's default if omitted. "
        + _UNCONFIRMED,
        examples=[3],
    )
    gpu_rate: float | None = Field(
        default=None,
        gt=0,
        le=1,
        description=(
            "Share of a GPU for each replica, more than 0 and at most 1; whole GPUs by default. "
            f"{AS_COMMAND_LINE}"
        ),
        examples=[0.5],
    )
    zone: Word | None = Field(
        default=None,
        description="Zone of the replicas; the queue's default if omitted. " + _UNCONFIRMED,
        examples=["cn-beijing-a"],
    )
    extra: Extra = Field(
        default_factory=dict,
        description="Fields of the role that have no name here, by their names in the API.",
        examples=[{"FlexibleResourceClaim": {"RdmaEniCount": 4}}],
    )
    remove: Removal = Field(
        default=None, description="Remove the inherited role with this name.", examples=[True]
    )


class Role(PartialRole):
    """Replicas of one kind in a task, all with the same flavor or the same resources."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _ONE_SIZE})

    replicas: int = Field(ge=1, le=MAX_REPLICAS, description=_REPLICAS, examples=[2])

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        if (self.flavor is None) == (self.resources is None):
            raise PydanticCustomError(ONE_SIZE, "not exactly one of flavor and resources")
        return self
