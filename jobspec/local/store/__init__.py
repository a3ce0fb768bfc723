"""The tasks of one project folder in SQLite: every change is one transaction.

From outside, import `damage`, `database`, `spec`, `store`.
"""
