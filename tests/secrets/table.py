"""The whole table: `TABLE` for every run of the tests, and `LONG` for who has the time."""

from __future__ import annotations

from tests.secrets import commands, echoes, keys, malformed, plaintext, records, references

TABLE = (
    *references.TABLE,
    *echoes.TABLE,
    *records.TABLE,
    *keys.TABLE,
    *plaintext.TABLE,
    *malformed.TABLE,
    *commands.TABLE,
)
LONG = plaintext.LONG
