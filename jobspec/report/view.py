"""The base of all machine output: the base class of the views, and the platform that most of them name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic.alias_generators import to_camel

from jobspec.report.text import escaped_json, whole_characters

if TYPE_CHECKING:
    from datetime import datetime


class View(BaseModel):
    """A part of machine output: frozen, camelCase."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)

    @field_validator("*", mode="after")
    @classmethod
    def _hold_whole_characters(cls, value: object) -> object:
        return whole_characters(value)

    def model_dump_json(self, *arguments: Any, **options: Any) -> str:
        """Return the JSON, with an escape for each character that a reader could misread or not see."""
        return escaped_json(super().model_dump_json(*arguments, **options))


class PlatformView(View):
    """Where the tasks run."""

    kind: str = Field(description="volcengine or local.")
    region: str = Field(default="", description="Region of the platform; empty for the local one.")
    endpoint: str = Field(default="", description="Address of the API, or the folder of the local platform.")
    endpoint_from: str = Field(
        default="",
        description="Source of the address if not the project: `--endpoint` or `JOBSPEC_ENDPOINT`.",
    )

    @classmethod
    def of(cls, address: object) -> Self:
        """Return the view of a value that has the same attributes, such as the address of a connection."""
        return cls.model_validate(address, from_attributes=True)


def written_time(time: datetime | None) -> str | None:
    """Return a time as machine output has it: ISO 8601, or null."""
    return time.isoformat() if time else None
