"""The whole table."""

from __future__ import annotations

from tests.secrets import echoes, records, references

TABLE = (*references.TABLE, *echoes.TABLE, *records.TABLE)
