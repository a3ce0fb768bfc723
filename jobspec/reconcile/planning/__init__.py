"""From declared tasks and observed runs to a plan: one module of rules per concern.

Other packages may import `continuation`, `ended`, `ownership`, `plan`, `planner`, `removed`, `requested`,
`rounds`, `selection` and `twins`.
"""
