"""The whole table, and the slice of it that is played with every run of the tests."""

from __future__ import annotations

import hashlib

from tests.proof.secrets import (
    commands,
    conversion,
    echoes,
    keys,
    malformed,
    outside,
    plaintext,
    records,
    references,
)
from tests.proof.secrets.placement import Placement

TABLE = (
    *references.TABLE,
    *echoes.TABLE,
    *records.TABLE,
    *keys.TABLE,
    *plaintext.TABLE,
    *malformed.TABLE,
    *commands.TABLE,
    *conversion.TABLE,
    *outside.TABLE,
)
LONG = plaintext.LONG
_ONE_OF = 4


def _is_drawn(row: Placement) -> bool:
    """By its name, so that a new row changes nothing of the others, and no pattern of the table shows."""
    return hashlib.sha256(row.name.encode()).digest()[0] % _ONE_OF == 0


# What covers a field, and every command, is not left to chance.
SLICE = tuple(row for row in TABLE if row.covers or row in commands.TABLE or _is_drawn(row))
