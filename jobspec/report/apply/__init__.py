"""What became of a plan: the view and its text."""
