"""The project of a command: its manifests, configuration, environment and secrets, and how to start one.

Each module may be imported from outside.
"""
