"""The model of a `Project` manifest: manifest patterns, platform, variables, defaults, limits."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from jobspec.manifest.schema.project_limits import FlavorModel, LimitsModel
from jobspec.manifest.schema.scalars import (
    DROP_NULLS,
    Date,
    Duration,
    ListOf,
    LogBytes,
    Model,
    Name,
    WebAddress,
    Word,
)
from jobspec.manifest.schema.task_model import Extends, LifecycleModel, PartialSpec, TemplateName
from jobspec.manifest.schema.type_info import TypeInfo, joined
from jobspec.manifest.values import API_VERSION, DriftKind, PreflightSetting

_VAR_PATTERN, _ENVIRONMENT_PATTERN = "^[A-Za-z_][A-Za-z0-9_-]*$", "^[A-Za-z0-9][A-Za-z0-9_-]*$"
VarName = Annotated[
    str,
    Field(pattern=_VAR_PATTERN),
    TypeInfo(
        rule="must start with a letter or `_`, and can contain only letters, digits, `_` and `-`",
        fit=joined("A-Za-z0-9_-", "-", _VAR_PATTERN),
    ),
]
EnvironmentName = Annotated[
    str,
    Field(max_length=63, pattern=_ENVIRONMENT_PATTERN),
    TypeInfo(
        rule="must start with a letter or digit, and can contain only letters, digits, `_` and `-`",
        fit=joined("A-Za-z0-9_-", "-", _ENVIRONMENT_PATTERN),
    ),
]
Vars = dict[VarName, Any]
_ENV_PATTERN = r"^[A-Za-z_*?][A-Za-z0-9_*?]*$"
EnvPattern = Annotated[
    str,
    Field(pattern=_ENV_PATTERN),
    TypeInfo(
        rule="must be the name of an environment variable, in which `*` and `?` are wildcards",
        fit=joined("A-Za-z0-9_*?", "_", _ENV_PATTERN),
    ),
]


class ProjectMetadata(Model):
    """The name and the description of a project."""

    name: Name = Field(
        description="Name of the project; the scope of its tasks is `name` or `name/environment`.",
        examples=["vision"],
    )
    description: str = Field(
        default="",
        max_length=500,
        description="Text for people, at most 500 characters.",
        examples=["vision team"],
    )
    allow_plaintext: Annotated[tuple[Word, ...], ListOf] = Field(
        default=(),
        description="Paths in this document whose text looks like a credential but is not one.",
        examples=[["spec.vars.sample_key"]],
    )


class PlatformModel(Model):
    """The service that runs the tasks."""

    kind: Literal["volcengine", "local"] = Field(
        description="Kind of platform: Volcengine, or the local platform on this machine.",
        examples=["volcengine"],
    )
    region: Word | None = Field(
        default=None,
        description="Region of the platform; the credentials' own, or cn-beijing, by default.",
        examples=["cn-beijing"],
    )
    profile: Word = Field(
        default="default",
        description="Section of the credentials file; `default` by default.",
        examples=["default"],
    )
    endpoint: WebAddress | None = Field(
        default=None,
        description="Address of the API; the platform's public one by default, in process for `local`.",
        examples=["http://127.0.0.1:8765"],
    )
    list_lag: Duration | None = Field(
        default=None,
        description="Time after which a created task must appear in lists; 30 s by default, 0 s for `local`.",
        examples=["30s"],
    )
    commit_window: Duration | None = Field(
        default=None,
        description="Time for which a sent request can still take effect; 60 s by default, 0 s for `local`.",
        examples=["60s"],
    )
    max_writes_per_second: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="Maximum number of writes per second; 5 by default, unlimited for `local`.",
        examples=[5],
    )
    slots: int | None = Field(
        default=None,
        ge=1,
        description="Replicas that the local platform runs at once; by default one per core, but at least 8.",
        examples=[4],
    )
    retry_mode: Literal["same-id", "new-id-with-tags", "new-id-without-tags"] | None = Field(
        default=None,
        description="Form of a retry by the local platform: the same task again, or a new task with the "
        "same name; `new-id-with-tags` by default.",
        examples=["same-id"],
    )
    log_limit: LogBytes | None = Field(
        default=None,
        description="Maximum size of a replica's log on the local platform. Beyond it, the middle is "
        "dropped, and a line in the log marks the gap. At least 4KiB; 1GiB by default.",
        examples=["256MiB"],
    )


class SharedMetadata(Model):
    """Metadata that the project adds to every task."""

    tags: Annotated[tuple[Word, ...], ListOf] = Field(
        default=(),
        description="Tags added to every task; a task with `tags: null` gets none of them.",
        examples=[["team-vision"]],
    )


class TemplateMetadata(SharedMetadata):
    """Metadata that a template adds to the tasks that extend it."""

    description: str = Field(
        default="",
        max_length=500,
        description="Text for people, at most 500 characters.",
        examples=["baseline"],
    )


class Defaults(Model):
    """Defaults merged under every task: maps merge deeply, and items of keyed lists by their key."""

    metadata: SharedMetadata = Field(
        default_factory=SharedMetadata,
        description="Tags that all tasks share.",
        examples=[{"tags": ["team-vision"]}],
    )
    spec: PartialSpec = Field(
        default_factory=PartialSpec,
        description="Defaults for every `spec`.",
        examples=[{"resourceQueue": "q-dev"}],
    )
    lifecycle: LifecycleModel = Field(
        default_factory=LifecycleModel,
        description="Defaults for every `lifecycle`.",
        examples=[{"restartPolicy": "OnFailure"}],
    )


class Template(Model):
    """A part of a task that tasks and other templates extend by its name."""

    noun: ClassVar[str] = "template"

    extends: Extends = Field(
        default=(),
        description="Templates that are merged under this one, in this order: one name, or a list of names.",
        examples=[["base"]],
    )
    metadata: TemplateMetadata = Field(
        default_factory=TemplateMetadata,
        description="Tags and description of the tasks that extend it.",
        examples=[{"tags": ["team-vision"]}],
    )
    spec: PartialSpec = Field(
        default_factory=PartialSpec,
        description="Merged under the `spec` of the tasks that extend it.",
        examples=[{"image": "ml_platform/pytorch:1.7"}],
    )
    lifecycle: LifecycleModel = Field(
        default_factory=LifecycleModel,
        description="Merged under the `lifecycle` of the tasks that extend it.",
        examples=[{"restartPolicy": "OnFailure"}],
    )


Templates = Annotated[dict[TemplateName, Template], DROP_NULLS]
TEMPLATE_EXAMPLE = {"gpu": {"spec": {"roles": [{"name": "worker", "flavor": "ml.g1e.large"}]}}}


_KIND_OR_FIELD: list[JsonValue] = [
    {"properties": {key: {"type": "string"}}, "required": [key]} for key in ("kind", "field")
]


class AcknowledgementModel(Model):
    """A known finding of `jobspec drift` that is silent until a date: `kind` or `field` is required."""

    model_config = ConfigDict(json_schema_extra={"anyOf": _KIND_OR_FIELD})
    noun: ClassVar[str] = "acknowledgement"

    task: Name = Field(description="Name of the task; no pattern.", examples=["train"])
    kind: DriftKind | None = Field(
        default=None,
        description="Kind of the finding, as `jobspec drift` prints it; any by default.",
        examples=["cancelled-outside"],
    )
    field: Word | None = Field(
        default=None,
        description="Field that differs, for `metadata-edited`; any by default.",
        examples=["metadata.tags"],
    )
    observed: Annotated[Any, TypeInfo("text, number, `true`, `false` or list")] = Field(
        default=None,
        description="Value that was observed; another value is reported again. Any by default.",
        examples=["Killed"],
    )
    run: Word | None = Field(
        default=None,
        description="Id of the run; a later run is reported again. Any by default.",
        examples=["t-20260101000000-abcde"],
    )
    reason: str = Field(
        min_length=1,
        max_length=500,
        description="Why the finding is accepted, at most 500 characters.",
        examples=["stopped for the storage migration"],
    )
    until: Date = Field(
        description="Last day, in UTC, on which the finding is silent.", examples=["2026-12-31"]
    )

    @model_validator(mode="after")
    def _kind_or_field(self) -> Self:
        if self.kind is None and self.field is None:
            raise PydanticCustomError("acknowledgement", "neither a kind nor a field")
        return self


class Environment(Model):
    """A variant of the project with its own scope, selected with `-e`."""

    noun: ClassVar[str] = "environment"

    manifests: Annotated[tuple[Word, ...], ListOf] = Field(
        default=(),
        max_length=1000,
        description=(
            "Patterns of manifests for this environment only, in addition to the project's `manifests`."
        ),
        examples=[["prod/**/*.yaml"]],
    )
    vars: Vars = Field(
        default_factory=dict, description="Merged over the project's `vars`.", examples=[{"queue": "q-prod"}]
    )
    platform: PlatformModel | None = Field(
        default=None,
        description="Replaces the project's `platform`.",
        examples=[{"kind": "volcengine", "region": "cn-shanghai"}],
    )
    defaults: Defaults = Field(
        default_factory=Defaults,
        description="Merged over the project's `defaults`.",
        examples=[{"spec": {"priority": 6}}],
    )
    templates: Templates = Field(
        default_factory=dict,
        description="Merged over the project's `templates`, each by its name; null removes one.",
        examples=[TEMPLATE_EXAMPLE],
    )
    limits: LimitsModel = Field(
        default_factory=LimitsModel,
        description="Merged over the project's `limits`, limit by limit.",
        examples=[{"maxRemovals": 0}],
    )
    preflight: PreflightSetting | None = Field(
        default=None, description="Replaces the project's `preflight`.", examples=["strict"]
    )
    acknowledge: Annotated[tuple[AcknowledgementModel, ...], ListOf] = Field(
        default=(),
        max_length=1000,
        description="Known findings of `jobspec drift` in this environment, in addition to the project's.",
        examples=[
            [{"task": "train", "kind": "failed", "reason": "bad node, see INFRA-7", "until": "2026-12-31"}]
        ],
    )


class ProjectSpec(Model):
    """The settings of a project for its tasks."""

    manifests: Annotated[tuple[Word, ...], ListOf] = Field(
        default=(),
        max_length=1000,
        description=(
            "Patterns of manifest files, relative to the project file. `**` matches any number of folders, "
            "and a leading `!` excludes. A hidden file matches only if the pattern contains its dot. By "
            "default, every `*.yaml` and `*.yml` file below it, except files that are clearly not manifests."
        ),
        examples=[["tasks/**/*.yaml"]],
    )
    platform: PlatformModel = Field(
        default=PlatformModel(kind="local"),
        description="Where the tasks run; the local platform by default.",
        examples=[{"kind": "volcengine", "region": "cn-beijing"}],
    )
    vars: Vars = Field(
        default_factory=dict,
        description="Values for `${{ vars.name }}`, here and in manifests; a dot selects a key of a map.",
        examples=[{"queue": "q-dev"}],
    )
    allow_env: Annotated[tuple[EnvPattern, ...], ListOf] = Field(
        default=(),
        max_length=1000,
        description=(
            "Names of environment variables that expressions may insert as `${{ env.NAME }}`; `*` and `?` "
            "are wildcards. Keys of this machine and its CI system are never inserted. By default, none."
        ),
        examples=[["RUN_NAME", "DATA_*"]],
    )
    defaults: Defaults = Field(
        default_factory=Defaults,
        description="Defaults for every task.",
        examples=[{"spec": {"resourceQueue": "${{ vars.queue }}"}}],
    )
    templates: Templates = Field(
        default_factory=dict,
        description="Parts of tasks by name, for `extends`.",
        examples=[TEMPLATE_EXAMPLE],
    )
    environments: dict[EnvironmentName, Environment] = Field(
        default_factory=dict,
        description="Variants of the project, selected with `-e NAME`; each has its own scope.",
        examples=[{"prod": {"vars": {"queue": "q-prod"}}}],
    )
    default_environment: EnvironmentName | None = Field(
        default=None,
        description="Environment of commands without `-e`; none by default.",
        examples=["dev"],
    )
    environment_required: bool = Field(
        default=False,
        description="Refuse commands without `-e`; false by default.",
        examples=[True],
    )
    limits: LimitsModel = Field(
        default_factory=LimitsModel,
        description="Limits on what one apply may change.",
        examples=[{"maxRemovals": "30%"}],
    )
    preflight: PreflightSetting = Field(
        default="normal",
        description=(
            "What `plan` and `apply` check before tasks are submitted: `normal`, `strict` to also refuse a "
            "task that exceeds the whole quota of its queue, or `off`; normal by default."
        ),
        examples=["strict"],
    )
    flavors: dict[Word, FlavorModel] = Field(
        default_factory=dict,
        max_length=1000,
        description=(
            "GPUs of flavors that the platform does not describe, so that plans and limits count GPU-hours."
        ),
        examples=[{"ml.pni2.28xlarge": {"gpus": 8, "gpuType": "A100-80G"}}],
    )
    acknowledge: Annotated[tuple[AcknowledgementModel, ...], ListOf] = Field(
        default=(),
        max_length=1000,
        description="Known findings of `jobspec drift` that are silent until a date.",
        examples=[
            [{"task": "train", "kind": "failed", "reason": "bad node, see INFRA-7", "until": "2026-12-31"}]
        ],
    )


class ProjectDocument(Model):
    """The project file, `jobspec.yaml`: which tasks belong together, and what they share."""

    api_version: Literal["jobspec/v1"] = Field(description="Version of the format.", examples=[API_VERSION])
    kind: Literal["Project"] = Field(description="Kind of the manifest.", examples=["Project"])
    metadata: ProjectMetadata = Field(
        description="Name and description of the project.", examples=[{"name": "vision"}]
    )
    spec: ProjectSpec = Field(
        default_factory=ProjectSpec,
        description="Settings of the project for its tasks.",
        examples=[{"manifests": ["tasks/**/*.yaml"]}],
    )
