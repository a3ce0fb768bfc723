"""Whether jobspec could work here, and what to fix; nothing is changed to find out.

From outside, import `doctor`.
"""
