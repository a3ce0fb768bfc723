"""The command line: parse, call the workflow, render, return an exit code.

Nothing else imports it.
"""
