"""The live tasks of an account and the writes to them: the views and their texts.

Each module may be imported from outside.
"""
