"""One HTTP exchange at a time, with proxies, certificates and limits: the only user of httpx.

All of it may be imported from outside.
"""
