"""Attacks, each as a small repository or a neighbour that a test makes. What must not exist is asserted."""
