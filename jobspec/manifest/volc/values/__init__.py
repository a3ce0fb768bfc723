"""The values of a task file: placeholders become variables, and credentials become references. Pure.

Code outside the package may import `context`, `environment` and `variables`.
"""
