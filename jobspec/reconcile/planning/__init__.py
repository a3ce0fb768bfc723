"""From declared tasks and observed runs to a plan: the rules, one module a concern.

`planner`, `plan`, `selection`, `ownership`, `requested`, `rounds` and `history` may be imported from outside.
"""
