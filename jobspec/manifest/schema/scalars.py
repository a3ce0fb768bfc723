"""The small values of a manifest: names, durations, limits and references to secrets.

The checks of pydantic, those of JSON Schema, and their wording are next to each other, so that they agree.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Strict,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from jobspec.manifest.schema import units
from jobspec.manifest.schema.limits import MAX_INTEGER
from jobspec.manifest.schema.type_info import TypeInfo, joined, rooted, trimmed, web_address
from jobspec.manifest.schema.units import (
    DURATION_PATTERN,
    NO_DEADLINE,
    POSITIVE_DURATION_PATTERN,
    SIZE_PATTERN,
)

_NAME_CHARACTERS = "A-Za-z0-9_\u3400-\u4dbf\u4e00-\u9fff-"
NAME_PATTERN = f"^[{_NAME_CHARACTERS}]+$"
"""The characters that the platform accepts in a task's name: CJK, letters, digits, `_` and `-`."""

AS_COMMAND_LINE = "Sent under the name that the vendor's command line has for it."
"""The wire form of a field that no statement about the API confirms."""
DURATION_EXAMPLE = "seconds as an integer, or a duration such as `90s`, `30m`, `120h`, `5d`"
MIN_LOG_BYTES, MAX_LOG_BYTES = 1 << 12, 1 << 50
PERCENT_PATTERN = "^(100|[1-9]?[0-9])%$"
VARIABLE_PATTERN = "^[A-Za-z_][A-Za-z0-9_]*$"
ENV_NAME_PATTERN = "^[!-<>-~]+$"
"""Printable ASCII without spaces and `=`: `BASH_FUNC_x%%` is the name under which bash exports a function."""
ROLE_PATTERN = "^[A-Za-z][A-Za-z0-9_-]*$"


class Model(BaseModel):
    """A part of a manifest: strict, frozen, camelCase in the document; null means "not given"."""

    model_config = ConfigDict(
        strict=True,
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        allow_inf_nan=False,
        hide_input_in_errors=True,  # an exception must never print a possible secret
    )

    @model_validator(mode="before")
    @classmethod
    def _drop_nulls(cls, data: Any) -> Any:
        if not isinstance(data, dict) or None not in data.values():
            return data
        known = cls.field_aliases()
        return {key: value for key, value in data.items() if value is not None or key not in known}

    @classmethod
    def field_aliases(cls) -> dict[str, str]:
        """Return the names of the fields in a document, each with its Python name."""
        return {field.alias or name: name for name, field in cls.model_fields.items()}


def _seconds(value: object, *, positive: bool) -> int:
    seconds = units.seconds(value)
    if not isinstance(seconds, int) or isinstance(seconds, bool) or seconds < int(positive):
        raise PydanticCustomError("duration", "not a duration", {"minimum": int(positive)})
    if seconds > MAX_INTEGER:
        raise PydanticCustomError("long_duration", "too long a duration", {"le": MAX_INTEGER})
    return seconds


def _duration_schema(pattern: str, minimum: int) -> dict[str, Any]:
    integer = {"type": "integer", "minimum": minimum, "maximum": MAX_INTEGER}
    return {"anyOf": [integer, {"type": "string", "pattern": pattern}]}


Duration = Annotated[
    int,
    BeforeValidator(lambda value: _seconds(value, positive=False)),
    WithJsonSchema(_duration_schema(DURATION_PATTERN, 0)),
    TypeInfo("duration", unit="seconds", rule="is not a duration", example=DURATION_EXAMPLE),
]
"""Seconds; written as an integer or as `90s`, `30m`, `120h`, `5d`."""

PositiveDuration = Annotated[
    int,
    BeforeValidator(lambda value: _seconds(value, positive=True)),
    WithJsonSchema(_duration_schema(POSITIVE_DURATION_PATTERN, 1)),
    TypeInfo(
        "duration",
        unit="seconds",
        rule="is not a duration of at least one second",
        example=DURATION_EXAMPLE,
    ),
]
"""Seconds, at least one; written like `Duration`."""


def _deadline(value: object) -> int:
    return 0 if value == NO_DEADLINE else _seconds(value, positive=True)


Deadline = Annotated[
    int,
    BeforeValidator(_deadline),
    WithJsonSchema(
        {"anyOf": [*_duration_schema(POSITIVE_DURATION_PATTERN, 1)["anyOf"], {"const": NO_DEADLINE}]}
    ),
    TypeInfo(
        "duration or `none`",
        unit="seconds",
        rule="is neither a duration of at least one second nor `none`",
        example=f"{DURATION_EXAMPLE}, or `none`",
    ),
]
"""Seconds, at least one, written like `Duration`; 0 for `none`."""


def _log_bytes(value: object) -> int:
    size = units.size_in_bytes(value)
    if not isinstance(size, int) or isinstance(size, bool):
        raise PydanticCustomError("size", "not a size")
    if not MIN_LOG_BYTES <= size <= MAX_LOG_BYTES:
        raise PydanticCustomError("size_bounds", "too small or too large a size")
    return size


LogBytes = Annotated[
    int,
    BeforeValidator(_log_bytes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": MIN_LOG_BYTES, "maximum": MAX_LOG_BYTES},
                {"type": "string", "pattern": SIZE_PATTERN},
            ]
        }
    ),
    TypeInfo(
        "size",
        unit="bytes",
        rule="is not a size",
        example="the number of bytes, or a size such as `64MiB`",
    ),
]
"""Bytes; written as an integer or as `64MiB`, `1GiB`."""

Name = Annotated[
    str,
    Field(min_length=1, max_length=200, pattern=NAME_PATTERN),
    TypeInfo(
        rule="can contain only CJK characters, letters, digits, `_` and `-`",
        fit=joined(_NAME_CHARACTERS, "-", NAME_PATTERN),
    ),
]
Reference = Annotated[
    str,
    Field(min_length=1, max_length=204, pattern=f"^(set/)?[{_NAME_CHARACTERS}]+$"),
    TypeInfo(
        rule="must be the name of a task, or `set/` and the name of a set",
        fit=joined(_NAME_CHARACTERS, "-", NAME_PATTERN),
    ),
]
"""A task, or every task of a set, by its name."""
NO_SPACES = TypeInfo(rule="must not contain spaces", fit=joined(r"\S", "-", ""))
Word = Annotated[str, Field(min_length=1, pattern=r"^\S+$"), NO_SPACES]
"""Text without spaces: an id, an address, a flavor."""
Label = Annotated[
    str,
    Field(max_length=200, pattern=r"^\S(?:[^\r\n]*\S)?$"),
    TypeInfo(rule="must be one line without leading or trailing spaces", fit=trimmed),
]
"""The name of something in the console; may contain spaces."""
Extra = dict[Word, JsonValue]
"""Fields that are sent as they are, by their names in the API."""
EnvName = Annotated[
    str,
    Field(pattern=ENV_NAME_PATTERN),
    TypeInfo(
        rule="can contain only printable ASCII characters, without spaces and `=`",
        fit=joined("!-<>-~", "_", ENV_NAME_PATTERN),
    ),
]
VariableName = Annotated[
    str,
    Field(pattern=VARIABLE_PATTERN),
    TypeInfo(
        rule="must start with a letter or `_`, and can contain only letters, digits and `_`",
        fit=joined("A-Za-z0-9_", "_", VARIABLE_PATTERN),
    ),
]
RoleName = Annotated[
    str,
    Field(max_length=63, pattern=ROLE_PATTERN),
    TypeInfo(
        rule="must start with a letter, and can contain only letters, digits, `_` and `-`",
        fit=joined("A-Za-z0-9_-", "-", ROLE_PATTERN),
    ),
]
AbsolutePath = Annotated[str, Field(pattern="^/"), TypeInfo(rule="must be an absolute path", fit=rooted)]
WebAddress = Annotated[
    str,
    Field(pattern=r"^https?://\S+$"),
    TypeInfo(rule="must be an http or https URL", fit=web_address),
]
_LEAP_YEAR = (
    "(?:[1-9][0-9](?:0[48]|[2468][048]|[13579][26])|(?:[2468][048]|[13579][26])00)"  # 1996, 2000, not 1900
)
DATE_PATTERN = (
    "^(?:[1-9][0-9]{3}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])"
    "|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|02-(?:0[1-9]|1[0-9]|2[0-8]))"
    f"|{_LEAP_YEAR}-02-29)$"
)
"""Exactly the days of the calendar, so that the published schema and the models agree."""


def _date(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(DATE_PATTERN, value):
        raise PydanticCustomError("date", "not a date")
    return value


Date = Annotated[
    str,
    BeforeValidator(_date),
    WithJsonSchema({"type": "string", "pattern": DATE_PATTERN}),
    TypeInfo("date", rule="is not a date", example="a day of the calendar, such as `2026-12-31`"),
]
Cores = Annotated[float, TypeInfo(unit="cores")]
Gibibytes = Annotated[float, TypeInfo(unit="GiB")]
ReplicaHours = Annotated[float, TypeInfo(unit="hours times replicas")]
GpuHours = Annotated[float, TypeInfo(unit="hours times GPUs")]
Removal = Annotated[Literal[True] | None, TypeInfo("`true`")]
"""Marks an item of a keyed list that removes the inherited item with its key."""
ListOf = Strict(strict=False)
"""Marks a tuple field: it accepts a document's list; its items stay strict."""


def _removal_limit(value: object) -> int | str:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if isinstance(value, str) and re.fullmatch(PERCENT_PATTERN, value):
        return value
    raise PydanticCustomError("percent", "neither a count nor a percentage")


CountOrPercent = Annotated[
    int | str,
    BeforeValidator(_removal_limit),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "pattern": PERCENT_PATTERN}]}
    ),
    TypeInfo(
        "count or percentage",
        rule="is neither a count nor a percentage",
        example="an integer such as `5`, or a percentage such as `30%`",
    ),
]
"""A count, or a share such as `30%`."""

_ONE_SOURCE: list[JsonValue] = [
    {"properties": {key: {"type": "string"}}, "required": [key]} for key in ("env", "file")
]


class SecretSource(Model):
    """The source of a secret's value when a task is submitted: exactly one of the two fields."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _ONE_SOURCE})
    env: VariableName | None = Field(
        default=None,
        description="Name of the environment variable that contains the value.",
        examples=["HF_TOKEN"],
    )
    file: str | None = Field(
        default=None,
        min_length=1,
        description=(
            "File that contains the value, relative to the project file; a trailing line break is removed."
        ),
        examples=["secrets/hf-token"],
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise PydanticCustomError("secret", "not exactly one of env and file")
        return self


class SecretRefModel(Model):
    """A reference to a secret. The value is resolved only at submit and shown nowhere."""

    secret: SecretSource = Field(
        description="Source of the value: `env` or `file`.", examples=[{"env": "HF_TOKEN"}]
    )


def text_or_map(value: object) -> str | None:
    """Return the branch for a value that may be text or a map; None for anything else."""
    if isinstance(value, str):
        return "text"
    return "map" if isinstance(value, (dict, BaseModel)) else None


TEXT_OR_MAP = Discriminator(
    text_or_map, custom_error_type="text_or_map", custom_error_message="neither text nor a map"
)


def _without_nulls(value: object) -> object:
    if not isinstance(value, dict) or None not in value.values():
        return value
    return {key: item for key, item in value.items() if item is not None}


DROP_NULLS = BeforeValidator(_without_nulls)
"""Marks a map with user-defined keys: null removes an inherited key, because there is no field to unset."""


class PlainValue(Model):
    """A variable whose value is no secret, with its visibility."""

    value: str = Field(description="Value of the variable.", examples=["team-a"])
    private: bool = Field(
        default=False,
        description="Show the value on the platform only to the task's creator; false by default.",
        examples=[True],
    )


def _env_branch(value: object) -> str | None:
    if isinstance(value, PlainValue):
        return "plain"
    if isinstance(value, dict) and "secret" not in value and ("value" in value or "private" in value):
        return "plain"
    return text_or_map(value)


EnvValue = Annotated[
    Annotated[str, Tag("text")] | Annotated[SecretRefModel, Tag("map")] | Annotated[PlainValue, Tag("plain")],
    Discriminator(
        _env_branch, custom_error_type="text_or_map", custom_error_message="neither text nor a map"
    ),
]
"""Text, a reference to a secret, or a map with a value."""
