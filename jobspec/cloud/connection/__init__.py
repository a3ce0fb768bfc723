"""One exchange at a time, over the network or in this process: proxies, certificates and limits.

Code outside the package may import `background`, `exchange`, `hosts`, `in_process`, `network` and `web`.
"""
