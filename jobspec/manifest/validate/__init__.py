"""What is wrong with a manifest, in words that say what to type: shape, rules, credentials, look-alikes.

`plaintext`, `shape` and `project_problems` may be imported from outside.
"""
