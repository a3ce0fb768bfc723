"""The secrets that a client has sent, which the platform may repeat in any later response."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jobspec.redaction.masking import Mask
from jobspec.redaction.values import secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class Sent:
    """Remembers secrets, and masks them in texts for people. Thread-safe."""

    def __init__(self, own: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._secrets = frozenset(own)
        self._mask = Mask.of(self._secrets)

    def __repr__(self) -> str:
        """Show no secret."""
        return type(self).__name__

    def note(self, body: Mapping[str, object]) -> tuple[str, ...]:
        """Remember the secrets of a body that is about to be sent, and return all known ones."""
        with self._lock:
            new = frozenset(secrets_in(body)) - self._secrets
            if new:
                self._secrets, self._mask = self._secrets | new, self._mask.also(new)
            return tuple(self._secrets)

    def mask(self, text: str) -> str:
        """Return a text with the sent secrets masked."""
        return self._mask.over(text)
