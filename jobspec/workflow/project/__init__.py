"""The project of a command: its configuration, environment and secrets, and how to start one.

Each module may be imported from outside.
"""
