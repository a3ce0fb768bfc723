"""Some code."""
