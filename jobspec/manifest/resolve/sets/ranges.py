"""The numbers of a range, in decimal arithmetic: `[0.1, 0.4, 0.1]` is exactly 0.1, 0.2 and 0.3. Pure."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from jobspec.manifest.yaml.tree import Extent, Mapping, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Iterator


class Range(Struct, frozen=True):
    """A first number, an end, and the step between the numbers."""

    first: Decimal
    end: Decimal
    step: Decimal
    inclusive: bool
    at: Extent

    @classmethod
    def of(cls, axis: Mapping) -> Range:
        """Return the range of a valid axis."""
        bounds, inclusive = axis.get("range"), axis.get("inclusive")
        if not isinstance(bounds, Sequence):
            raise TypeError("a valid range is a list")
        first, end, step = [*map(_number, bounds.items), Decimal(1)][:3]
        is_inclusive = isinstance(inclusive, Scalar) and inclusive.value is True
        return cls(first, end, step, is_inclusive, bounds.at)

    @property
    def size(self) -> int:
        """How many numbers it has; 0 if the step is 0 or leads away from the end."""
        if not self.step or self.leads_away:
            return 0
        first, end, step = map(Fraction, (self.first, self.end, self.step))
        steps, rest = divmod(end - first, step)
        return steps + int(bool(rest) or self.inclusive)

    @property
    def leads_away(self) -> bool:
        """Whether the step leads away from the end."""
        return self.end < self.first if self.step > 0 else self.end > self.first

    def values(self) -> Iterator[Scalar]:
        """Yield the numbers, each with its exact text."""
        is_whole = all(one == one.to_integral_value() for one in (self.first, self.step))
        for index in range(self.size):
            number = self.first + self.step * index
            if is_whole:
                yield Scalar(int(number), str(int(number)), "", self.at)
            else:
                yield Scalar(float(number), f"{number.normalize():f}", "", self.at)


def _number(node: object) -> Decimal:
    if not isinstance(node, Scalar):
        raise TypeError("a valid range has numbers")
    return Decimal(str(node.value))
