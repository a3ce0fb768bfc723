"""Manifests: text becomes trees, values, tasks and create payloads.

Each module may be imported from outside.
"""
