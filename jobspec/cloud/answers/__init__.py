"""What the platform answers, as values: envelopes, tasks, pages, logs. Pure.

All of it may be imported from outside.
"""
