"""Convert live tasks to manifests: the inverse of `payload`. Pure.

Code outside the package may import `defaults`, `names`, `record` and `text`.
"""
