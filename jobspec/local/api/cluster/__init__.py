"""The cluster that the local platform pretends to be: queues, flavors and mounts, for the optional actions.

The inventory is in `jobspec.local.inventory`.
"""
