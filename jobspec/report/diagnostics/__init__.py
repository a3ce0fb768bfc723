"""Diagnostics as text, one format a file.

From outside, import `formats`, `json_document`.
"""
