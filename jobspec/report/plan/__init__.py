"""Plans: the view, and one format a file.

Each module may be imported from outside.
"""
