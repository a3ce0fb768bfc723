"""The live tasks of an account and the writes to them: the views and their texts."""
