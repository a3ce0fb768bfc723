"""Runs a command in a job of a CI system, and reports its result.

Other packages may import `command`.
"""
