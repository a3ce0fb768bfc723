"""The models of a project's limits, and of the flavors whose GPUs they count."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from jobspec.manifest.schema.scalars import CountOrPercent, GpuHours, Model, ReplicaHours, Word


class LimitsModel(Model):
    """Limits on what one apply may change without `--force`."""

    max_removals: CountOrPercent = Field(
        default="30%",
        description=(
            "Maximum number of tasks that are cancelled or deleted: a count, or a share of the managed "
            "tasks, which applies from 10 tasks on; 30% by default."
        ),
        examples=["30%"],
    )
    max_replacements: CountOrPercent = Field(
        default=10,
        description=(
            "Maximum number of active runs that are replaced: a count, or a share of the managed tasks as "
            "for `maxRemovals`; 10 by default."
        ),
        examples=[10],
    )
    max_lost_replica_hours: ReplicaHours = Field(
        default=24.0,
        ge=0,
        description="Maximum running work that is discarded, in hours times replicas; 24 by default.",
        examples=[24],
    )
    max_submits: int | None = Field(
        default=None,
        ge=0,
        description=(
            "Maximum number of runs that are submitted, including replacements; unlimited by default."
        ),
        examples=[50],
    )
    max_submit_replica_hours: ReplicaHours | None = Field(
        default=None,
        ge=0,
        description=(
            "Maximum use by new runs: hours until `activeDeadline` times replicas, without the platform's "
            "retries; unlimited by default."
        ),
        examples=[5000],
    )
    max_submit_gpu_hours: GpuHours | None = Field(
        default=None,
        ge=0,
        description=(
            "Maximum use by new runs: GPUs times the hours of `activeDeadline` and `delayExit`, for each "
            "attempt that `retry` allows; unlimited by default. With it, a flavor with an unknown number of "
            "GPUs is refused: add it to `flavors`."
        ),
        examples=[20000],
    )
    max_reruns: int = Field(
        default=10,
        ge=0,
        description=(
            "Maximum number of tasks that succeeded with an earlier spec and are submitted again; 10 by "
            "default."
        ),
        examples=[10],
    )


class FlavorModel(Model):
    """GPUs of a flavor that the platform does not describe."""

    noun: ClassVar[str] = "flavor"

    gpus: float = Field(ge=0, le=10_000, description="GPUs of one replica; 0 for none.", examples=[8])
    gpu_type: Word | None = Field(
        default=None, description="Type of the GPUs, as in the quota of a queue.", examples=["A100-80G"]
    )
