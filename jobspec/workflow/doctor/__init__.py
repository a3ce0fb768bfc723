"""Whether jobspec could work here, and what to fix; nothing is changed to find out.

`doctor` may be imported from outside.
"""
