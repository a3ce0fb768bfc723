"""The tasks of a scope: the view and its text."""
