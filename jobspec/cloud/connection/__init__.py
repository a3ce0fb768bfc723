"""One HTTP exchange at a time, with proxies, certificates and limits: the only user of httpx.

Code outside the package may import `background`, `exchange` and `hosts`.
"""
