"""The pure core: tags, runs, what is declared, the spec hash. No I/O, no clock, no randomness.

From outside, import `declared`, `differences`, `elsewhere`, `observed`, `runs`, `tags`.
"""
