"""Plans: the view, and one file per format.

Each module may be imported from outside.
"""
