"""How a task is composed of layers: the project's defaults, those of the environment, templates, and its own.

`merging` has the one rule, for trees and for plain values; `checking` reads the templates of a project, and
`layers` merges those below a task.
"""
