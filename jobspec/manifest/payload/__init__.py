"""A task as the body of the create request, its spec hash, and the mapping of field names.

Code outside the package may import each module.
"""
