"""The one home of secrets: which names, shapes and values are secret, what was sent, and how text is cleared.

Functions named `mask_…` put `***` in place of a secret and those named `hide_…` an asterisk for each of its
characters, so that columns stay; each module may be imported from outside.
"""
