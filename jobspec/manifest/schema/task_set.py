"""The model of a `TaskSet` manifest: the axes of a set, its limits, and the template of its tasks."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Discriminator, Field, JsonValue, model_validator
from pydantic import Tag as Branch
from pydantic_core import PydanticCustomError

from jobspec.manifest.schema.limits import MAX_CELLS, MAX_INTEGER
from jobspec.manifest.schema.project import VarName
from jobspec.manifest.schema.scalars import ListOf, Model, Name, Reference
from jobspec.manifest.schema.task_model import DependencyRef, LifecycleModel, Metadata, PartialSpec
from jobspec.manifest.schema.type_info import TypeInfo
from jobspec.manifest.values import API_VERSION

EXACTLY_ONE = "exactly_one"
"""The type of the error for a map that needs exactly one of its fields."""
_DISTRIBUTIONS = ("uniform", "logUniform", "integers", "choice")
_ONE_DISTRIBUTION: list[JsonValue] = [
    {"properties": {key: {"type": "array"}}, "required": [key]} for key in _DISTRIBUTIONS
]
Bounds = Annotated[tuple[float, ...], ListOf, Field(min_length=2, max_length=2)]
Value = Annotated[Any, TypeInfo("value of any type")]


class AxisRange(Model):
    """The numbers from a first one to a last one."""

    noun: ClassVar[str] = "range"

    range: Annotated[tuple[float, ...], ListOf, Field(min_length=2, max_length=3)] = Field(
        description="First number, end and step; the step is 1 by default. The end is left out.",
        examples=[[0, 8]],
    )
    inclusive: bool = Field(
        default=False, description="Whether the end belongs to the range; false by default.", examples=[True]
    )


def _axis_branch(value: object) -> str | None:
    if isinstance(value, (list, tuple)):
        return "list"
    return "map" if isinstance(value, (dict, AxisRange)) else None


Axis = Annotated[
    Annotated[tuple[Value, ...], ListOf, Branch("list")] | Annotated[AxisRange, Branch("map")],
    Discriminator(
        _axis_branch, custom_error_type="list_or_range", custom_error_message="neither a list nor a range"
    ),
]
Axes = dict[VarName, Axis]
Cell = dict[VarName, Value]


class Distribution(Model):
    """How the values of an axis are drawn: exactly one of the fields."""

    noun: ClassVar[str] = "distribution"
    model_config = ConfigDict(json_schema_extra={"oneOf": _ONE_DISTRIBUTION})

    uniform: Bounds | None = Field(
        default=None,
        description="Smallest and largest value of a uniform distribution.",
        examples=[[0.0, 0.5]],
    )
    log_uniform: Bounds | None = Field(
        default=None,
        description="Smallest and largest value; the logarithm is distributed uniformly. Both are positive.",
        examples=[[0.0001, 0.1]],
    )
    integers: Annotated[tuple[int, ...], ListOf, Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description="First integer and end; the end is left out.",
        examples=[[1, 9]],
    )
    choice: Annotated[tuple[Value, ...], ListOf, Field(min_length=1)] | None = Field(
        default=None, description="Values, each equally likely.", examples=[["adam", "sgd"]]
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [self.uniform, self.log_uniform, self.integers, self.choice]
        if sum(one is not None for one in given) != 1:
            raise PydanticCustomError(EXACTLY_ONE, "not exactly one", {"names": ", ".join(_DISTRIBUTIONS)})
        return self


class Samples(Model):
    """Random cells. Draw number i depends only on the seed, the name of the axis, and i."""

    count: int = Field(
        ge=1, le=MAX_CELLS, description="Number of draws; the first ones stay when it grows.", examples=[50]
    )
    seed: int = Field(
        default=0, ge=0, le=MAX_INTEGER, description="Seed of the draws; 0 by default.", examples=[7]
    )
    of: Annotated[dict[VarName, Distribution], Field(min_length=1)] = Field(
        description="Axes whose values are drawn.", examples=[{"lr": {"logUniform": [0.0001, 0.1]}}]
    )


class SetMetadata(Metadata):
    """The name and the description of a set; its tasks have names of their own."""

    name: Name = Field(
        description="Name of the set in its scope, as in `set/NAME`.",
        examples=["sweep"],
    )


class TaskTemplateMetadata(Metadata):
    """The metadata of each task of a set."""

    name: Name = Field(
        description=(
            "Name of each task, different for any two cells; it depends on the values of its own cell only."
        ),
        examples=["sweep-lr${{ slug(matrix.lr) }}-s${{ matrix.seed }}"],
    )


class TaskTemplateModel(Model):
    """What each task of a set is made of; `${{ matrix.NAME }}` is the value of its cell."""

    metadata: TaskTemplateMetadata = Field(
        description="Name, description and tags of each task.",
        examples=[{"name": "sweep-s${{ matrix.seed }}"}],
    )
    spec: PartialSpec = Field(
        default_factory=PartialSpec,
        description="Definition of a run, as in a task.",
        examples=[{"args": "--seed ${{ matrix.seed }}"}],
    )
    lifecycle: LifecycleModel = Field(
        default_factory=LifecycleModel,
        description="Rules for reconciling each task, as in a task.",
        examples=[{"restartPolicy": "OnFailure"}],
    )


class LooseTaskSetSpec(Model):
    """The axes and the limits of a set. Its template is checked as the tasks that are made of it."""

    matrix: Axes = Field(
        default_factory=dict,
        description="Axes whose values are combined, each with each.",
        examples=[{"lr": [0.1, 0.01], "seed": {"range": [0, 8]}}],
    )
    zip: Axes = Field(
        default_factory=dict,
        description="Axes of the same length whose values go together; combined with `matrix` as one axis.",
        examples=[{"model": ["small", "large"], "replicas": [1, 4]}],
    )
    samples: Samples | None = Field(
        default=None,
        description="Random cells, combined with `matrix` as one axis; `matrix.sample` is the draw's number.",
        examples=[{"count": 50, "seed": 7, "of": {"lr": {"logUniform": [0.0001, 0.1]}}}],
    )
    exclude: Annotated[tuple[Cell, ...], ListOf] = Field(
        default=(),
        description="Removes the cells that have all the values of an entry.",
        examples=[[{"lr": 0.01, "model": "large"}]],
    )
    include: Annotated[tuple[Cell, ...], ListOf] = Field(
        default=(),
        description=(
            "Extends the cells that match an entry in all the axes that it names; an entry that matches none "
            "adds a cell."
        ),
        examples=[[{"model": "large", "flavor": "ml.g1e.2xlarge"}]],
    )
    max_active: int | None = Field(
        default=None,
        ge=1,
        le=MAX_INTEGER,
        description="Maximum number of tasks with an active run; the others wait. No limit by default.",
        examples=[8],
    )
    max_failed: int | None = Field(
        default=None,
        ge=1,
        le=MAX_INTEGER,
        description="Number of finally failed tasks at which no further task starts. No limit by default.",
        examples=[3],
    )
    on_max_failed: Literal["Continue", "Cancel"] = Field(
        default="Continue",
        description="What happens to active runs at `maxFailed`: they continue, or are cancelled.",
        examples=["Cancel"],
    )
    template: Annotated[dict[str, Value], TypeInfo("map")] = Field(
        description="What each task is made of.",
        examples=[{"metadata": {"name": "sweep-s${{ matrix.seed }}"}}],
    )


class TaskSetSpec(LooseTaskSetSpec):
    """The axes, the limits and the template of a set."""

    template: TaskTemplateModel = Field(  # type: ignore[assignment]  # the published form is stricter
        description="What each task is made of.",
        examples=[{"metadata": {"name": "sweep-s${{ matrix.seed }}"}}],
    )


class SetLifecycle(Model):
    """What every task of a set depends on, in addition to what its template names."""

    depends_on: Annotated[tuple[DependencyRef, ...], ListOf] = Field(
        default=(),
        description="Tasks and sets that every task of the set depends on; added to the template's own.",
        examples=[["prepare"]],
    )
    rerun_on: Annotated[tuple[Reference, ...], ListOf] = Field(
        default=(),
        description="Entries of `dependsOn` whose changed spec triggers one more run of every task.",
        examples=[["prepare"]],
    )


class LooseTaskSet(Model):
    """A set without what its template contains."""

    api_version: Literal["jobspec/v1"] = Field(description="Version of the format.", examples=[API_VERSION])
    kind: Literal["TaskSet"] = Field(description="Kind of the manifest.", examples=["TaskSet"])
    metadata: SetMetadata = Field(
        description="Name of the set, and tags of all its tasks.", examples=[{"name": "sweep"}]
    )
    spec: LooseTaskSetSpec = Field(
        description="Axes, limits and template of the set.",
        examples=[{"matrix": {"seed": {"range": [0, 8]}}}],
    )
    lifecycle: SetLifecycle = Field(
        default_factory=SetLifecycle,
        description="What the tasks of the set wait for.",
        examples=[{"dependsOn": ["prepare"]}],
    )


class TaskSetDocument(LooseTaskSet):
    """A set of tasks: one task for each combination of the values of its axes."""

    spec: TaskSetSpec = Field(
        description="Axes, limits and template of the set.",
        examples=[{"matrix": {"seed": {"range": [0, 8]}}}],
    )
