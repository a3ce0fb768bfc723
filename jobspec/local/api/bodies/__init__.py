"""The body of CreateCustomTask: its fields, their types, and their spelling."""
