"""The tasks of one project folder in SQLite: every change is one transaction.

Other packages may import `damage`, `database`, `spec` and `store`. The tables are in `schema`.
"""
