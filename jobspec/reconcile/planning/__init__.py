"""From declared tasks and observed runs to a plan: the rules, one module a concern.

From outside, import `continuation`, `ended`, `ownership`, `plan`, `planner`, `removed`, `requested`,
`rounds`, `selection`, `twins`.
"""
