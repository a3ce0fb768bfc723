"""Manifests: text becomes trees, models, tasks and create payloads."""
