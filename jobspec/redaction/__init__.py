"""The one home of secrets: which names and shapes are secret, and how texts and records are cleared of them.

Each module may be imported from outside.
"""
