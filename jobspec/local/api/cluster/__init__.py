"""The cluster that the local platform pretends to be: queues, flavors and mounts, for the optional actions.

Other packages may import `inventory`.
"""
