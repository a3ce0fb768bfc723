"""Manifests: from text to trees, values, tasks and create payloads.

Code outside the package may import each module.
"""
