"""The tasks of a scope: the view and its text.

Each module may be imported from outside.
"""
