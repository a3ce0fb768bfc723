"""Chat services and webhooks: one digest as a message of each service, its signature, and its answer.

Code outside the package may import `address`, `digest` and `sending`.
"""
