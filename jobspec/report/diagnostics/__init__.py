"""Diagnostics as text, one format a file."""
