"""The folders of the local platform: the content of the JSON and the source of the text."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import Field

from jobspec.report.view import View

Version = Literal["jobspec/state.v1"]
Machine: TypeAlias = Literal["this", "another", "unknown"]


class StateFolderView(View):
    """One folder: the store and the logs of one project root."""

    path: str = Field(description="The folder itself.")
    root: str = Field(description="Root of the project, as it was recorded; empty when that is unknown.")
    project: str = Field(default="", description="Name of the project; empty when it was not recorded.")
    machine: Machine = Field(description="this, another (it is a copy or shared) or unknown.")
    exists: bool = Field(description="Whether the root exists on this machine.")
    size: int = Field(description="Size of the files in bytes.")
    live: int | None = Field(
        default=None, description="Number of unfinished runs; null when the store cannot be read."
    )


class StateView(View):
    """What `jobspec state list --output json` prints."""

    version: Version = Field(default="jobspec/state.v1", description="Name of this format.")
    path: str = Field(description="The state folder of the user.")
    folders: tuple[StateFolderView, ...] = Field(description="The folders of the local platform.")
