"""From documents to tasks: the environment, its variables and defaults, and the expressions replaced.

`reading`, `documents` and `guards` may be imported from outside.
"""
