"""A wait: the view and its text."""
