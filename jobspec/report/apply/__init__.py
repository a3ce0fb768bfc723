"""The result of an apply: the view and its text.

Each module may be imported from outside.
"""
