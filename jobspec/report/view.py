"""The base of all machine output: the base class of the views, and the platform that most of them name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Self

from msgspec import Meta, Struct, convert, json
from msgspec.structs import astuple, force_setattr

from jobspec.report.text import escaped_json, whole_characters

if TYPE_CHECKING:
    from datetime import datetime

_JSON = json.Encoder()


class View(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """A part of machine output: frozen, camelCase. All its texts can be encoded."""

    def __post_init__(self) -> None:
        """Replace each half of a character; the encoder finds one faster than a loop over the fields."""
        try:
            _JSON.encode(self)
        except UnicodeEncodeError:
            for name, value in zip(self.__struct_fields__, astuple(self), strict=True):
                force_setattr(self, name, whole_characters(value))

    def to_json(self) -> str:
        """Return the JSON, with an escape for each character that a reader could misread or not see."""
        return escaped_json(json.format(_JSON.encode(self), indent=2).decode())


class PlatformView(View, frozen=True):
    """Where the tasks run."""

    kind: Annotated[str, Meta(description="volcengine or local.")]
    region: Annotated[str, Meta(description="Region of the platform; empty for the local one.")] = ""
    endpoint: Annotated[str, Meta(description="Address of the API, or the folder of the local platform.")] = (
        ""
    )
    endpoint_from: Annotated[
        str, Meta(description="Source of the address if not the project: `--endpoint` or `JOBSPEC_ENDPOINT`.")
    ] = ""

    @classmethod
    def of(cls, address: object) -> Self:
        """Return the view of a value that has the same attributes, such as the address of a connection."""
        return convert(address, cls, from_attributes=True)


def written_time(time: datetime | None) -> str | None:
    """Return a time as machine output has it: ISO 8601, or null."""
    return time.isoformat() if time else None
