"""One HTTP exchange at a time, with proxies, certificates and limits: the only user of httpx.

From outside, import `background`, `exchange`, `hosts`.
"""
