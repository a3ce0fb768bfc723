"""Plans: the view, and one format a file."""
