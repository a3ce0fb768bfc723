"""What a command works on: the project, its configuration, its environment and secrets, and how one is begun.

All of it may be imported from outside.
"""
