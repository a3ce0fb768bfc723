"""What a command works on: the project, its configuration, its environment and secrets, and how one is begun.

Each module may be imported from outside.
"""
