"""What a notification says, before it has the form of a service. Values only."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field


class ChatDigest(Struct, frozen=True):
    """One message about a check. Its texts are foreign: each service escapes them and limits their length.

    `key` is equal for the same findings. `document` is what a plain webhook receives, as JSON.
    """

    title: str
    lines: tuple[str, ...]
    key: str
    document: Mapping[str, object] = field(default_factory=dict)
