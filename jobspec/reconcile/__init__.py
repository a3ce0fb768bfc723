"""The pure core: tags, runs, declared tasks and differences. No I/O, no clock, no randomness.

Other packages may import `declared`, `differences`, `elsewhere`, `observed`, `runs` and `tags`.
"""
