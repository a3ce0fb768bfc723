"""The runs of the project's tasks: finding them, waiting for them, their logs, history and status.

All of it may be imported from outside.
"""
