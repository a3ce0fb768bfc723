"""The whole table."""

from __future__ import annotations

from tests.secrets import echoes, references

TABLE = (*references.TABLE, *echoes.TABLE)
