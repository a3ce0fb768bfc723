"""The tasks of one project folder in SQLite: every change is one transaction.

Only the local platform imports it.
"""
