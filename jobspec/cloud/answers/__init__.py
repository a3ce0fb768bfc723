"""The platform's responses as values: envelopes, tasks, pages, logs. Pure.

Code outside the package may import each module.
"""
