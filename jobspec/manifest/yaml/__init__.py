"""YAML 1.2 text becomes trees that know where everything stands, and values become text again.

`source`, `tree` and `writing` may be imported from outside.
"""
