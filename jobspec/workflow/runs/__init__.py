"""The runs of the project's tasks: finding them, waiting for them, their logs, history and status.

Each module may be imported from outside.
"""
