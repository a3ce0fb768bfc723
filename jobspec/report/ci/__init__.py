"""Reports of a job of a CI system that no other view has.

Each module may be imported from outside.
"""
