"""The findings of the doctor: the view and its text.

Each module may be imported from outside.
"""
