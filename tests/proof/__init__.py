"""Tests that try to break the promises of docs/guarantees.md and docs/security.md.

`simulation` explores worlds in virtual time, `chaos` kills real processes on a bad network, `fuzz` feeds
hostile bytes to every reader, `secrets` looks for planted secrets in every output, and `trust` plays a
hostile checkout and the other users of a machine. The first three also run for as long as you like:
`python -m tests.proof.simulation`, `tests.proof.chaos` and `tests.proof.fuzz`, or all of them:
`python -m tests`.
"""
