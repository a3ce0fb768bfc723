"""Whether a plan may be applied at all, and which guards a change loosens.

Each module may be imported from outside.
"""
