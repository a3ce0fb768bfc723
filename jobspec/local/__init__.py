"""The local platform: the API of custom tasks on this machine, on SQLite and real processes.

It knows nothing of jobspec except the request signature, and importing it imports nothing.
"""
