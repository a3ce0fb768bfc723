"""The models of a manifest: every field with its meaning, unit, default and example.

Code outside the package may import each module.
"""
