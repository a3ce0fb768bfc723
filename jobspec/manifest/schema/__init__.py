"""The models of a manifest: every field with its meaning, unit, default and example.

Each module may be imported from outside.
"""
