"""A task as the body of the create call, the normal form that is hashed, and the map of its fields both ways.

Each module may be imported from outside.
"""
