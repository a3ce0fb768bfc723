"""The account behind a project: the connection and its key, live tasks whoever made them, and imports.

All of it may be imported from outside.
"""
