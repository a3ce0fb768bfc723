"""The folders of the local platform: the content of the JSON and the source of the text."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta

from jobspec.report.view import View

Version = Literal["jobspec/state.v1"]
Machine: TypeAlias = Literal["this", "another", "unknown"]


class StateFolderView(View, frozen=True, kw_only=True):
    """One folder: the store and the logs of one project root."""

    path: Annotated[str, Meta(description="The folder itself.")]
    root: Annotated[
        str, Meta(description="Root of the project, as it was recorded; empty when that is unknown.")
    ]
    project: Annotated[str, Meta(description="Name of the project; empty when it was not recorded.")] = ""
    machine: Annotated[Machine, Meta(description="this, another (it is a copy or shared) or unknown.")]
    exists: Annotated[bool, Meta(description="Whether the root exists on this machine.")]
    size: Annotated[int, Meta(description="Size of the files in bytes.")]
    live: Annotated[
        int | None, Meta(description="Number of unfinished runs; null when the store cannot be read.")
    ] = None


class StateView(View, frozen=True, kw_only=True):
    """What `jobspec state list --output json` prints."""

    version: Annotated[Version, Meta(description="Name of this format.")] = "jobspec/state.v1"
    path: Annotated[str, Meta(description="The state folder of the user.")]
    folders: Annotated[tuple[StateFolderView, ...], Meta(description="The folders of the local platform.")]
