"""The one home of secrets: which names and shapes are secret, and how texts and records are cleared of them.

Everything here may be imported from outside; it imports nothing of ours but `deceptive`.
"""
