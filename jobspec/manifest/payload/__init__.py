"""A task as the body of the create request, the normal form that is hashed, and the mapping of field names.

Code outside the package may import each module.
"""
