"""The runs of one task: the view and its text."""
