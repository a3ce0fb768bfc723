"""What became of a plan: the view and its text.

Each module may be imported from outside.
"""
