"""The pure core: tags, runs, the plan and the protocols. No I/O, no clock, no randomness."""
