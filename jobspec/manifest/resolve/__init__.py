"""From documents to tasks: the environment, its variables and defaults, and the expressions replaced.

From outside, import `foreign_forms`, `guards`, `reading`.
"""
