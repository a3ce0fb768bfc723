"""What the platform answers, as values: envelopes, tasks, pages, logs. Pure.

Each module may be imported from outside.
"""
