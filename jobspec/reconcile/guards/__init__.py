"""Guards: whether a plan may be applied, and which guards a change loosens.

Each module may be imported from outside.
"""
