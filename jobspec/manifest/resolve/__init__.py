"""Convert documents to tasks: select the environment, merge variables and defaults, expand expressions.

Code outside the package may import `foreign_forms`, `guards`, `project_reading`, `quick`,
`reading` and `reported`.
"""
