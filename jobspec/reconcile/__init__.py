"""The pure core: tags, runs, what is declared, the spec hash. No I/O, no clock, no randomness.

All of it may be imported from outside.
"""
