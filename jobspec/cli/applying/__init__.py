"""Carrying out a plan on a terminal: show it, ask, take the turn, report progress and outcomes, and wait.

The commands import it.
"""
