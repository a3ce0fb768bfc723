"""The base of values with fields that no representation may show, such as keys and request bodies."""

from __future__ import annotations

from typing import ClassVar

from msgspec import Struct


class Concealing(Struct, frozen=True):
    """A value whose representation omits the fields named in `concealed`."""

    concealed: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        """Return the class and its other fields."""
        shown = (name for name in self.__struct_fields__ if name not in self.concealed)
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in shown)})"
