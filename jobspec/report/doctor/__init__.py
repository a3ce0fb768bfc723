"""What the doctor found: the view and its text.

Each module may be imported from outside.
"""
