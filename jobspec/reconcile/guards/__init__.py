"""Whether a plan may be applied at all, and which guards a change loosens.

All of it may be imported from outside.
"""
