"""Preflight: what the platform says about queues, flavors, quotas and directories before a submit.

Pure. Each module may be imported from outside.
"""
