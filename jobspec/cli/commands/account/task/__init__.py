"""Inspect and change individual tasks of the account.

Covers all tasks on the platform, including those that jobspec did not submit. Uses the platform of the
project in the current folder or its parents, or the platform that the options select.
"""
