"""Carries out a plan on a terminal: show, prompt, lock, report progress and outcomes, and wait.

The commands import it.
"""
