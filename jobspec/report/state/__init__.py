"""The folders of the local platform: the view and its text.

Each module may be imported from outside.
"""
