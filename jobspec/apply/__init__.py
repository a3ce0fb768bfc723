"""Drives the core against a platform: reads the live state, performs calls, keeps the journal.

Each module may be imported from outside.
"""
