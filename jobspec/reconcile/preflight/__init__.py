"""Preflight: what the platform says about queues, flavors, quotas and directories before anything is submitted.

Pure. Each module may be imported from outside.
"""
