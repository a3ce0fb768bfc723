"""The models of a manifest: every field with its meaning, unit, default and example.

`project`, `scalars`, `parts`, `task_model` and `fields` may be imported from outside.
"""
