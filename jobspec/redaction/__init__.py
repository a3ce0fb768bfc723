"""The one place for secrets: which names, shapes and values are secret, which were sent, how text is masked.

Functions named `mask_…` replace a secret with `***`; those named `hide_…` replace each of its characters
with an asterisk, which keeps the columns. Code outside the package may import each module.
"""
