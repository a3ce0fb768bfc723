"""The whole table."""

from __future__ import annotations

from tests.secrets import references

TABLE = (*references.TABLE,)
